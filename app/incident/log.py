"""The log of one incident, as operators use it: add, read, follow.

This is all that the rest of mailmedic knows of it; another store can stand behind the same names.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from app import places
from app.incident import entry as make
from app.incident import folder as incidents
from app.incident import witness
from app.incident.entry import Entry
from app.incident.error import LogError
from app.incident.journal import LOCK_WITHIN
from app.incident.kinds import ClockStepped, Data, Mended, Opened
from app.incident.spare import Spare
from app.incident.storage import LogDB

LOOK_EVERY = 0.25
"""Seconds between two looks at the file: one stat(2), which works on any file system."""

STEP = 1.0
"""Seconds by which clock and uptime may drift apart before the clock counts as set."""

RETRY_WITHIN = 0.05
"""Seconds that the lock is waited for after that was in vain: the next entry waits behind it."""

NEAR = 50
"""Entries that are looked through for the last one of this boot; more are other machines' work."""


class IncidentLog:
    """One incident's entries; any thread may use it, and `append` takes as long as the disk.

    `tell` is called with one line, at once, when something is wrong with the log (`trouble` holds
    it as long as it lasts), and when it is right again. It must not call the log.
    """

    def __init__(
        self,
        folder: Path,
        incident: str,
        *,
        tell: Callable[[str], None] = lambda _line: None,
        spare: Path | None = None,
        lock_within: float = LOCK_WITHIN,
    ) -> None:
        """Open the log of an incident that is there. Raises LogError."""
        self.id = incident
        self.path = incidents.path_of(folder, incident)
        self.trouble = ""
        self._tell = tell
        self._mutex = threading.Lock()
        self._spare = Spare(spare or places.state_path() / "spare", incident)
        self._lock_within = lock_within
        self._db = LogDB(self.path, lock_within)
        self._table = self._db.table(incidents.TABLE)
        self._journal = self._db.journal
        self._read: list[Entry] = []
        self._seen = (0, 0)
        self._shown: tuple[list[Entry], int, tuple[Entry, ...]] = (self._read, 0, ())
        self._adopt()
        self.refresh()

    @classmethod
    def create(cls, folder: Path, title: str, system: str = "", **options: Any) -> IncidentLog:
        """Begin a new incident. Raises LogError."""
        log = cls(folder, incidents.make(folder), **options)
        log.append(Opened(incident=log.id, title=title, system=system))
        return log

    @classmethod
    def begin(cls, folder: Path, title: str, system: str = "") -> tuple[IncidentLog, bool]:
        """The incident that is open, else a new one; whether it is new. Raises LogError.

        Of several operators who begin at once, one does, and the others join it.
        """
        with incidents.one_at_a_time(folder):
            found = incidents.current(folder)
            return (
                (cls(folder, found), False) if found else (cls.create(folder, title, system), True)
            )

    @classmethod
    def resume(cls, folder: Path) -> IncidentLog | None:
        """The incident that is open, if one is. Raises LogError."""
        found = incidents.current(folder)
        return cls(folder, found) if found else None

    @property
    def head(self) -> str:
        """The last entry's number and hash, as a witness keeps them: ``17:ab12…``."""
        read, number, _ = self._shown
        return read[number - 1].head if number else ""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What is in the log as far as it is read, then what waits to be written."""
        read, number, waiting = self._shown
        return (*read[:number], *waiting)

    def append(self, data: Data, text: str = "", evidence: Iterable[str] = ()) -> Entry:
        """Add an entry. When it `is_written`, it is on disk.

        Otherwise it is kept and tried again, and `trouble` and `tell` say why.
        """
        document = make.new(data, text, evidence)
        with self._mutex:
            with suppress(LogError):
                self._journal.refresh()  # so that a step of the clock is told once
            self._show()
            if step := self._step(document):
                self._spare.waiting.append(make.new(ClockStepped(by=step)))
            self._spare.waiting.append(document)
            self._flush()
            self._show()
            written = (one for one in reversed(self._read) if one.id == document["id"])
            return next(written, None) or make.read(document)

    def refresh(self) -> None:
        """Read what others added; write what waits, or was there before and is gone."""
        with self._mutex:
            try:
                self._journal.refresh()
                trouble = self._damage()
            except LogError as error:
                trouble = f"{error}; trying again"
            if self._spare.waiting or self._journal.has_lost:
                self._flush()
            else:
                self._say(trouble)
            self._show()

    async def follow(self) -> AsyncIterator[tuple[Entry, ...]]:
        """All entries; now, and within a second whenever there are others, or there is trouble."""
        shown: object = None
        while True:
            if self._spare.waiting or self._journal.has_changed:
                await asyncio.to_thread(self.refresh)
            state = (self._shown, self.trouble)
            if state != shown:
                shown = state
                yield self.entries
            await asyncio.sleep(LOOK_EVERY)

    def content(self) -> bytes:
        """The file as it is, for `chain.verify`. Raises LogError."""
        return self._journal.content()

    def close(self) -> None:
        """Let the file go; what could not be written stays in its spare file."""
        self._db.close()
        self._spare.close()

    def _flush(self) -> None:
        """Write what waits, and tell what was mended on the way."""
        try:
            self._table.insert_multiple(self._spare.waiting)
        except LogError as error:
            self._journal.lock_within = min(self._lock_within, RETRY_WITHIN)
            self._spare.keep()
            if self._journal.has_lost:
                with suppress(LogError):
                    self._spare.rescue(self._journal.content())
            self._say(f"{error}{self._spare.where}; trying again")
            return
        self._journal.lock_within = self._lock_within
        self._spare.clear()
        self._say("")
        for mended in self._journal.take_mended():
            self._tell(f"{self.path}: {mended}")
            self._spare.waiting.append(make.new(Mended(), mended))
        if self._spare.waiting:
            self._flush()
            return
        self._show()
        if self._read:
            witness.tell(self.id, self._read[-1])

    def _show(self) -> None:
        """Take over the journal's new lines; entries and head change in one step."""
        journal = self._journal
        generation, length = self._seen
        if generation != journal.generation:
            self._read, length = [], 0
        new = journal.lines[length:]
        self._read += [make.read(line.document) for line in new if line.table == incidents.TABLE]
        self._seen = (journal.generation, length + len(new))
        self._shown = (self._read, len(self._read), tuple(map(make.read, self._spare.waiting)))

    def _adopt(self) -> None:
        """Take over what processes of this operator could not write before they ended."""
        for path, documents in self._spare.left():
            with suppress(LogError, OSError):
                self._table.insert_multiple(documents)
                path.unlink()

    def _step(self, this: dict[str, Any]) -> float:
        """By how many seconds the clock was set since the last entry of this boot; 0 is not."""
        for last in reversed([*self._read[-NEAR:], *self._shown[2]]):
            if last.boot == this["boot"] and last.mono and last.at > make.EPOCH:
                uptime = (this["mono"] - last.mono) / 1e9
                by = (make.time_of(this) - last.at).total_seconds() - uptime
                return round(by, 3) if abs(by) > STEP else 0.0
        return 0.0

    def _damage(self) -> str:
        number = self._journal.unreadable
        kept = "the damaged file is kept aside when the next entry is written"
        return f"{self.path}: lines that can't be read: {number}; {kept}" if number else ""

    def _say(self, trouble: str) -> None:
        """Say what is wrong, or with an empty text that nothing is any more."""
        was, self.trouble = self.trouble, trouble
        if was != trouble:
            self._tell(trouble or f"{self.path}: can be read and written again")
