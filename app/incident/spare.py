"""Entries that the log could not take yet: one file a process, in the operator's own folder.

Whoever opens the incident next takes over what a process left that has ended.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from app.incident import place


class Spare:
    """What waits, in memory and, as far as that can be done, in `path`. Raises nothing."""

    def __init__(self, folder: Path, incident: str) -> None:
        self.folder = folder
        self.incident = incident
        self.path = folder / f"{incident}.{uuid.uuid4().hex[:12]}.jsonl"
        self.waiting: list[dict[str, Any]] = []
        self._fd = -1
        self._kept = 0
        self._rescued: Path | None = None

    @property
    def where(self) -> str:
        """How many entries wait, and where; where a copy of a lost log is. Empty without any."""
        number = len(self.waiting)
        wait = "1 entry waits" if number == 1 else f"{number} entries wait"
        said = f"; {wait} in memory " if number else ""
        if number:
            said += f"and in {self.path}" if self._kept == number else "only"
        return said + (f"; a copy of the log is {self._rescued}" if self._rescued else "")

    def keep(self) -> None:
        """Put what waits into the file."""
        new = self.waiting[self._kept :]
        if not new:
            return
        with suppress(OSError):
            if self._fd < 0:
                self._fd = self._open()
            # The line before may be torn: the disk was full. So each begins on a line of its own.
            place.write(self._fd, b"".join(b"\n" + msgspec.json.encode(one) for one in new) + b"\n")
            os.fdatasync(self._fd)
            self._kept = len(self.waiting)

    def rescue(self, content: bytes) -> None:
        """Keep a copy of a log that was removed and can't be put back."""
        if self._rescued:
            return
        with suppress(OSError):
            self._make_folder()
            path = place.free_name(self.path, "rescued")
            place.put(path, content)
            self._rescued = path

    def clear(self) -> None:
        """All that waited is in the log now."""
        self.waiting.clear()
        self._kept = 0
        self._rescued = None
        if self._fd >= 0:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Leave the file to whoever opens the incident next."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def left(self) -> Iterator[tuple[Path, list[dict[str, Any]]]]:
        """What processes that have ended left for this incident, each with its file."""
        for path in sorted(self.folder.glob(f"{self.incident}.*.jsonl")):
            with suppress(OSError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if found := [one for line in file if (one := _document(line)) is not None]:
                    yield path, found

    def _make_folder(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _open(self) -> int:
        self._make_folder()
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | place.SAFE, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            place.sync_folder(self.folder)
        except OSError:
            os.close(fd)
            self.path.unlink()
            raise
        return fd


def _document(line: bytes) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except (ValueError, RecursionError):
        return None
