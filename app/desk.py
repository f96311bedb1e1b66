"""The incident that is open, as this session sees and writes it. Lives on the engine's loop.

It joins the incident that is open, also one that another operator has just opened, and follows it.
What nobody has to write, one session on it writes: the first, and when that one ends, the next.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from app.actions import Deed, Record, perform
from app.incident import folder as incidents
from app.incident.entry import Entry
from app.incident.error import LogError, why
from app.incident.kinds import Joined, Left
from app.incident.log import IncidentLog
from app.incident.operator import me
from app.incident.presence import Presence, Seen
from app.incident.rhythm import RHYTHM, Rhythm
from app.incident.situation import Situation, situation
from app.incident.unended import left_behind
from app.places import PlaceError, state_folder, state_path
from app.recorder import detected, missing
from app.sop import Step
from app.sop.changes import automatic
from app.sop.progress import progress
from checks.board import Board
from checks.model import Verdict

LOOK_EVERY = 1.0
"""Seconds between two looks at who is here, and at whether there is an incident to join."""

NOBODY = Seen((), (), is_first=False)


class Desk:
    """`show` is called whenever `situation` has changed; None while there is no incident."""

    def __init__(
        self,
        shared: str,
        system: str,
        show: Callable[[], None],
        procedure: Sequence[Step] = (),
        rhythm: Rhythm = RHYTHM,
    ) -> None:
        """`shared` is ``[log] folder`` of the config."""
        self.folder = state_path(shared) / "incidents"
        self.situation: Situation | None = None
        self.trouble = ""
        self._shared = shared
        self._system = system
        self._show = show
        self._procedure = procedure
        self._rhythm = rhythm
        self._log: IncidentLog | None = None
        self._presence: Presence | None = None
        self._seen = NOBODY
        self._resumed_after = 0
        self._following: asyncio.Task[None] | None = None
        self._found: list[tuple[str, int]] | None = None
        self._joining = asyncio.Lock()
        self._deeds: set[asyncio.Task[Entry]] = set()

    async def run(self) -> None:
        """Join what is open, and keep an eye on who is here; for ever."""
        while True:
            # What was begun is ended in the log that it was begun in.
            if not self._deeds and (self.situation is None or not self.situation.is_open):
                await self._join_what_is_open()
            if self._presence is not None:
                await self._look_round()
            await asyncio.sleep(LOOK_EVERY)

    async def open(self, title: str, board: Board, verdict: Verdict) -> Situation:
        """Open an incident and join it; the one that is open, if another was faster.

        Raises LogError.
        """
        try:
            await asyncio.to_thread(state_folder, self._shared)
        except PlaceError as error:
            raise LogError(str(error)) from error
        log, is_new = await asyncio.to_thread(IncidentLog.begin, self.folder, title, self._system)
        await self._join(log, is_resumed=not is_new)
        if is_new and verdict.verdict in ("outage", "degraded"):
            await self.perform(detected(board, verdict))
        await self.record(board, verdict)
        if self.situation is None:
            raise LogError(f"{self.folder}: no incident could be opened")
        return self.situation

    async def perform(self, action: Record | Deed) -> Entry:
        """Do `action`, written into the incident that is open. Raises LogError."""
        log, now = self._log, self.situation
        if log is None or now is None:
            raise LogError("no incident is open; i opens one")
        if not now.is_writable:
            raise LogError(f"{log.path}: you may read along, its owner can let your group write")
        if isinstance(action, Record):
            entry = await perform(action, log)
        elif not now.is_open:
            raise LogError(f"incident {now.id} is closed; i opens one")
        else:
            entry = await self._see_through(asyncio.create_task(perform(action, log)))
        self._tell(log.entries)
        return entry

    async def _see_through(self, deed: asyncio.Task[Entry]) -> Entry:
        """Only the end of this session ends a deed early, and then it is told how it ended."""
        self._deeds.add(deed)
        deed.add_done_callback(self._deeds.discard)
        return await asyncio.shield(deed)

    async def record(self, board: Board, verdict: Verdict) -> None:
        """Write what the board shows and the log lacks, if that is ours to do."""
        now = self.situation
        if now is not None and now.is_open and self._seen.is_first:
            ticked = automatic(progress(self._procedure, now.items, board, now.told))
            for record in (*missing(now, board, verdict), *ticked):
                await self.perform(record)

    async def leave(self, reason: str = "") -> None:
        """Say that this session ends, and let the log go."""
        for deed in self._deeds:
            deed.cancel()
        await asyncio.gather(*self._deeds, return_exceptions=True)
        presence, self._presence = self._presence, None
        if self._following is not None:
            self._following.cancel()
        if presence is not None:
            if self.situation is not None and self.situation.is_open:
                await self.perform(Record(Left(reason=reason)))
            presence.leave()
        if self._log is not None:
            self._log.close()
        self._log = None

    async def _join_what_is_open(self) -> None:
        incident = await asyncio.to_thread(self._look_for_one)
        if incident is not None:
            try:
                await self._join(await asyncio.to_thread(IncidentLog, self.folder, incident))
            except LogError as error:
                self._say(str(error))

    def _look_for_one(self) -> str | None:
        """The incident that is open; looked for again only when there may be another one."""
        try:
            newest = incidents.ids(self.folder)[:1]
            seen = [(one, incidents.path_of(self.folder, one).stat().st_size) for one in newest]
            if seen == self._found:
                return None
            incident = incidents.current(self.folder)
        except (LogError, OSError) as error:
            self._say(str(error))
            return None
        self._found = seen
        return incident

    async def _join(self, log: IncidentLog, *, is_resumed: bool = True) -> None:
        """Work on `log` from now on; on the one that we work on already, we go on."""
        async with self._joining:
            if self._log is None or self._log.id != log.id:
                await self._take_up(log, is_resumed=is_resumed)
            else:
                log.close()

    async def _take_up(self, log: IncidentLog, *, is_resumed: bool) -> None:
        await self.leave()
        self._log = log
        self._resumed_after = len(log.entries) if is_resumed else 0
        is_writable = _may_write(log.path)
        if is_writable:
            try:
                self._presence = Presence(self.folder, log.id, me().seat)
                self._seen = await asyncio.to_thread(self._presence.look)
            except OSError as error:
                self._say(f"{self.folder}: {why(error)}")
        self._tell(log.entries)
        if is_writable:
            await self.perform(Record(Joined()))
            await self._say_who_is_gone(self._seen)
        self._following = asyncio.create_task(self._follow(log))

    async def _follow(self, log: IncidentLog) -> None:
        async for entries in log.follow():
            self._tell(entries)

    async def _look_round(self) -> None:
        """See who is here; of who was killed, one of us writes that they are gone."""
        presence = self._presence
        if presence is None:
            return
        seen = await asyncio.to_thread(presence.look)
        if seen.here != self._seen.here:
            self._seen = seen
            if self._log is not None:
                self._tell(self._log.entries)
        self._seen = seen
        await self._say_who_is_gone(seen)

    async def _say_who_is_gone(self, seen: Seen) -> None:
        entries = self.situation.entries if self.situation else ()
        for who in seen.gone:
            reason = f"its console was killed{left_behind(entries, who)}"
            with suppress(LogError):  # who may not write any more reads along
                await self.perform(Record(Left(who=who, reason=reason)))

    def _tell(self, entries: Sequence[Entry]) -> None:
        """Show where the incident stands now."""
        log = self._log
        if log is None:
            return
        self.situation = replace(
            situation(log.id, entries, self._rhythm),
            here=self._seen.here,
            resumed_after=self._resumed_after,
            trouble=log.trouble,
            is_writable=_may_write(log.path),
        )
        self._show()

    def _say(self, trouble: str) -> None:
        """Something is wrong with the log, and no incident to show it in."""
        if self.trouble != trouble:
            self.trouble = trouble
            self._show()


def _may_write(path: Path) -> bool:
    """Whether entries can be added to the log at `path`, also where somebody has removed it."""
    if os.access(path, os.F_OK, effective_ids=True):
        return os.access(path, os.W_OK, effective_ids=True)
    return os.access(path.parent, os.W_OK | os.X_OK, effective_ids=True)
