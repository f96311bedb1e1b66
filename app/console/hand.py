"""The operator's hand: asks what has to be asked, and lets the engine do it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from textual.screen import Screen

from app.problem import Problem
from widgets.text import Row, Span

if TYPE_CHECKING:
    from app.actions import Deed, Record
    from app.command.deed import Command
    from app.console.farewell import Farewell
    from app.console.screens.main import MainScreen
    from app.console.session import Session
    from app.engine import Scene
    from app.incident.entry import Entry
    from app.incident.situation import Situation

T = TypeVar("T")


class Hand:
    """Belongs to the main screen, where it says what went wrong."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self._drafts = ""
        self._unlocked = ""
        self.running: Command | None = None
        """The command that runs at the moment; one at a time."""

    @property
    def situation(self) -> Situation | None:
        """The incident that is open, as it was seen last."""
        scene = self._screen.scene
        now = scene.situation if scene else None
        return now if now is not None and now.is_open else None

    @property
    def remark(self) -> Row:
        """What the verdict bar has to say of this session."""
        found: Row = (Span(f"draft: {self._drafts}  "),) if self._drafts else ()
        if self.is_unlocked:
            from app.console.bar import LOUD

            found = (Span("ACTIONS UNLOCKED", LOUD), Span("  "), *found)
        return found

    @property
    def is_unlocked(self) -> bool:
        """Whether this session may change servers; never beyond the incident it was unlocked in."""
        now = self.situation
        return now is not None and self._unlocked == now.id

    async def unlock(self, is_wanted: bool) -> None:
        """Allow this session to change servers from now on, or no longer; written down first.

        Raises LogError.
        """
        from app.actions import Record
        from app.incident.kinds import Unlocked

        now = self.situation
        await self.perform(Record(Unlocked(locked=not is_wanted)))
        self._unlocked = now.id if now is not None and is_wanted else ""

    @property
    def scene(self) -> Scene | None:
        """What was seen last."""
        return self._screen.scene

    @property
    def session(self) -> Session:
        """What this console works on."""
        return self._screen.session

    def say(self, text: str) -> None:
        """A short word at the edge of the screen."""
        self._screen.say(text)

    def look_for_drafts(self) -> None:
        """See whether a note or a notice of this operator waits to be written on."""
        self.start(self._look_for_drafts())

    async def _look_for_drafts(self) -> None:
        from app import drafts
        from app.incident.operator import me

        now = self.situation
        wanted = {"n": (drafts.NOTE, "*"), "c": (drafts.NOTICE, now.id if now else "-")}
        self._drafts = " ".join(
            [
                key
                for key, of in wanted.items()
                if await asyncio.to_thread(drafts.is_waiting, me().name, *of)
            ]
        )

    async def answer(self, question: Screen[T | None]) -> T | None:
        """The answer to `question`; None when it was left. Only for work that was started."""
        return await self._screen.app.push_screen_wait(question)

    def leave(self, farewell: Farewell | None = None) -> None:
        """Leave the console; `farewell` is printed when the screen is gone."""
        self.session.farewell = farewell
        self._screen.app.exit(0)

    def start(self, work: Coroutine[Any, Any, object]) -> None:
        """Do `work` beside the screen, which goes on taking keys."""
        self._screen.run_worker(self._mind(work), group="hand")

    async def submit(self, work: Coroutine[Any, Any, T]) -> T:
        """Do `work` on the engine's loop. Raises what it raises."""
        return await asyncio.wrap_future(self._screen.session.engine.submit(work))

    async def perform(self, action: Record | Deed) -> Entry:
        """Do `action` and write it into the open incident. Raises LogError."""
        return await self.submit(self._screen.session.engine.desk.perform(action))

    async def _mind(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except Problem as error:
            self._screen.say(str(error))
