"""Keeps what is typed on disk, a blink of an eye behind the typing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from app.places import PlaceError

if TYPE_CHECKING:
    from app.drafts import Draft

PAUSE = 0.2
"""Seconds between two savings of what is typed: the most that a killed console can lose."""

WITHIN = 1.0
"""Seconds that a slow disk gets when the screen is left."""


class Keeper:
    """Holds a draft from `take` to `let_go`; `trouble` says why it can't be kept.

    `tell` is called whenever something was kept, or could not be.
    """

    def __init__(self, draft: Draft | None, trouble: str = "") -> None:
        self.draft = draft
        self.trouble = trouble
        self.text = draft.text if draft else ""
        self.tell: Callable[[], None] = lambda: None
        self._keeping: asyncio.Task[None] | None = None

    @classmethod
    async def take(cls, kind: str, incident: str) -> Keeper:
        """Take what this operator has typed before, else a new draft."""
        from app import drafts
        from app.incident.operator import me

        try:
            draft = await asyncio.to_thread(drafts.take, me().name, incident, kind)
        except (OSError, PlaceError) as error:
            return cls(None, str(error))
        return cls(draft)

    def keep(self, text: str) -> None:
        """Keep `text` from now on."""
        self.text = text
        if self.draft is not None and (self._keeping is None or self._keeping.done()):
            self._keeping = asyncio.create_task(self._keep(self.draft))

    async def _keep(self, draft: Draft) -> None:
        kept: str | None = None
        while kept != self.text:
            kept = self.text
            try:
                await asyncio.to_thread(draft.save, kept)
                self.trouble = ""
            except OSError as error:
                self.trouble = str(error)
            self.tell()
            await asyncio.sleep(PAUSE)

    async def let_go(self) -> None:
        """Keep the last letter, and let another console take it."""
        draft, self.draft = self.draft, None
        if draft is None:
            return
        if self._keeping is not None:
            await asyncio.wait([self._keeping], timeout=WITHIN)
        with suppress(OSError):
            draft.save(self.text)
        draft.release()
