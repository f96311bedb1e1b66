"""Who is on an incident now: a locked file for each session, which the kernel unlocks at its end.

So a session that was killed is known to be gone, and nobody's clock is asked.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from app.incident import place
from checks.text import visible

LONGEST = 200
"""Bytes that are read of a name that another session wrote."""


class Seen(Struct, frozen=True):
    """One look: the names of who is here, the earliest first, and of who went without a word."""

    here: tuple[str, ...]
    gone: tuple[str, ...]
    is_first: bool


class Presence:
    """This session's own file, in the folder of those who are on `incident`."""

    def __init__(self, folder: Path, incident: str, name: str) -> None:
        """Be here from now on. Raises OSError where nothing may be written."""
        self._folder = folder / "here"
        self._incident = incident
        place.make_folder(self._folder)
        self._path = self._folder / f"{incident}.{time.time_ns():020}.{os.getpid()}"
        hidden = self._path.with_name(f".{self._path.name}")  # until it is locked
        self._fd = place.create(hidden)
        fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(self._fd, name.encode("utf-8", "replace"))
        hidden.rename(self._path)

    def look(self) -> Seen:
        """Who is here. A session that ended without leaving is reported gone to one of us only."""
        here: list[str] = []
        gone: list[str] = []
        is_first = True
        for path in self._files():
            if path == self._path:
                is_first = not here
                here.append(_name(self._fd))
                continue
            with suppress(OSError):  # it left while we looked
                name, is_held = _look_at(path)
                (here if is_held else gone).append(name)
        return Seen(tuple(here), tuple(gone), is_first)

    def leave(self) -> None:
        """Be here no longer. Safe to call twice."""
        if self._fd >= 0:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
            os.close(self._fd)
            self._fd = -1

    def _files(self) -> Iterator[Path]:
        with suppress(OSError):
            yield from sorted(self._folder.glob(f"{self._incident}.*"))


def _look_at(path: Path) -> tuple[str, bool]:
    """The name in the file, and whether its session lives; if not, the file goes."""
    fd = os.open(path, os.O_RDWR | place.SAFE)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
        return _name(fd), False
    except BlockingIOError:
        return _name(fd), True
    finally:
        os.close(fd)


def _name(fd: int) -> str:
    return visible(os.pread(fd, LONGEST, 0), 64)
