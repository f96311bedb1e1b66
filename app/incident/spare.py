"""Entries that the log could not take yet: one file a process, in the operator's own folder.

Whoever opens the incident next takes over what a process left that has ended.
"""

from __future__ import annotations

import fcntl
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

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
        self._is_rescued = False

    @property
    def where(self) -> str:
        """How many entries wait, and where."""
        number = len(self.waiting)
        wait = "1 entry waits" if number == 1 else f"{number} entries wait"
        return f"{wait} in memory " + (f"and in {self.path}" if self._kept == number else "only")

    def keep(self) -> None:
        """Put what waits into the file."""
        new = self.waiting[self._kept :]
        with suppress(OSError):
            if self._fd < 0:
                self._fd = self._open()
            place.write(self._fd, b"".join(json.dumps(one).encode() + b"\n" for one in new))
            os.fdatasync(self._fd)
            self._kept = len(self.waiting)

    def rescue(self, content: bytes) -> None:
        """Keep a copy of a log that was removed and can't be put back."""
        if self._is_rescued:
            return
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            place.put(self.folder / f"{self.incident}.{uuid.uuid4().hex[:12]}.rescued", content)
            self._is_rescued = True

    def clear(self) -> None:
        """All that waited is in the log now."""
        self.waiting.clear()
        self._kept = 0
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
                found = [_document(line) for line in file]
                yield path, [document for document in found if document is not None]

    def _open(self) -> int:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        fd = os.open(self.path, flags, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return fd


def _document(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
