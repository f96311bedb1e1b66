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


class IncidentLog:
    """One incident's entries; any thread may use it, and `append` takes as long as the disk.

    `tell` is called with one line, at once, when the log can't be written, and when it can again.
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
        self._db = LogDB(self.path, lock_within)
        self._table = self._db.table(incidents.TABLE)
        self._journal = self._db.journal
        self._entries: tuple[Entry, ...] = ()
        self._seen = (0, 0)
        self._take()
        self._adopt()

    @classmethod
    def create(cls, folder: Path, title: str, system: str = "", **options: Any) -> IncidentLog:
        """Begin a new incident. Raises LogError."""
        log = cls(folder, incidents.make(folder), **options)
        log.append(Opened(incident=log.id, title=title, system=system))
        return log

    @property
    def head(self) -> str:
        """The last entry's number and hash, as a witness keeps them: ``17:ab12…``."""
        return f"{self._entries[-1].n}:{self._entries[-1].hash}" if self._entries else ""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What is in the log as far as it is read, then what waits to be written."""
        waiting = list(self._spare.waiting)
        return (*self._entries, *map(make.read, waiting)) if waiting else self._entries

    def append(self, data: Data, text: str = "", evidence: Iterable[str] = ()) -> Entry:
        """Add an entry. When it `is_written`, it is on disk.

        Otherwise it is kept and tried again, and `trouble` and `tell` say why.
        """
        document = make.new(data, text, evidence)
        with self._mutex:
            if step := self._step(document):
                self._spare.waiting.append(make.new(ClockStepped(by=step)))
            self._spare.waiting.append(document)
            numbers = self._flush()
        if not numbers:
            return make.read(document)
        return next(entry for entry in reversed(self._entries) if entry.n == numbers[-1])

    def refresh(self) -> None:
        """Write what waits, and read what others added."""
        with self._mutex:
            if self._spare.waiting:
                self._flush()
                return
            try:
                if not self.path.exists():
                    self._table.insert_multiple([])  # puts it back
                self._journal.refresh()
                self._well()
            except LogError as error:
                self._say(error)
            self._take()

    async def follow(self) -> AsyncIterator[tuple[Entry, ...]]:
        """All entries, now and whenever there are others, within a second."""
        shown: object = None
        while True:
            if self._spare.waiting or self._journal.has_changed():
                await asyncio.to_thread(self.refresh)
            state = (self._seen, len(self._spare.waiting))
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

    def _flush(self) -> list[int]:
        """Write what waits; the numbers it got, none where it still waits."""
        try:
            numbers = self._table.insert_multiple(self._spare.waiting)
        except LogError as error:
            self._spare.keep()
            self._say(error)
            return []
        self._spare.clear()
        self._well()
        self._take()
        for entry in self._entries[-len(numbers) :]:
            witness.tell(self.id, entry)
        self._spare.waiting += [make.new(Mended(), one) for one in self._journal.take_mended()]
        if self._spare.waiting:
            self._flush()
        return numbers

    def _take(self) -> None:
        """The journal's lines as entries, those that are new."""
        journal = self._journal
        generation, length = self._seen
        start = length if generation == journal.generation else 0
        lines = journal.lines[start:]
        new = tuple(make.read(line.document) for line in lines if line.table == incidents.TABLE)
        self._entries = (self._entries if start else ()) + new
        self._seen = (journal.generation, start + len(lines))

    def _adopt(self) -> None:
        """Take over what processes of this operator could not write before they ended."""
        for path, documents in self._spare.left():
            with suppress(LogError, OSError):
                self._table.insert_multiple(documents)
                path.unlink()
        self._take()

    def _step(self, document: dict[str, Any]) -> float:
        """By how many seconds the clock was set since the last entry of this boot; 0 is not."""
        this = make.read(document)
        for last in reversed(self._entries[-50:]):
            if last.boot == this.boot and last.boot:
                by = (this.at - last.at).total_seconds() - (this.mono - last.mono) / 1e9
                return round(by, 3) if abs(by) > STEP else 0.0
        return 0.0

    def _say(self, error: LogError) -> None:
        if not self.path.exists():
            with suppress(LogError):
                self._spare.rescue(self._journal.content())
        kept = f"; {self._spare.where}" if self._spare.waiting else ""
        was, self.trouble = self.trouble, f"{error}{kept}; trying again"
        if self.trouble != was:
            self._tell(self.trouble)

    def _well(self) -> None:
        if self.trouble:
            self.trouble = ""
            self._tell(f"{self.path}: written again, nothing is lost")
