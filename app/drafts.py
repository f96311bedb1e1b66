"""What an operator is typing for the log and has not written into it: kept in a file, until it is.

A file for each operator and incident, with a lock beside it that the kernel lets go when the
console ends, however it ends. A second console of the same operator takes a file of its own.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, count
from pathlib import Path

from app.incident import place
from app.places import state_folder, state_path

NO_INCIDENT = "none"

NOTE, NOTICE = "note", "notice"
"""Kinds of drafts."""


class Draft:
    """One draft, held by this console from `take` to `release`.

    `text` is what was kept last, `incident` the one it was begun for.
    """

    def __init__(self, path: Path, lock: int) -> None:
        self.incident = path.name.split(".")[-3]
        self._path = path
        self._lock = lock
        try:
            self.text = path.read_text("utf-8", "replace")
        except FileNotFoundError:
            self.text = ""

    def save(self, text: str) -> None:
        """Keep `text`, whole at any moment; nothing is kept of an empty one. Raises OSError."""
        if not text.strip():
            self._path.unlink(missing_ok=True)
        else:
            made = self._path.with_suffix(".new")
            made.unlink(missing_ok=True)
            fd = place.create(made)
            try:
                place.write(fd, text.encode("utf-8", "replace"))
            finally:
                os.close(fd)
            made.replace(self._path)
        self.text = text

    def release(self) -> None:
        """Let it go; what is in it waits for the next to take it."""
        with suppress(OSError):
            _lock_of(self._path).unlink(missing_ok=True)
        os.close(self._lock)


def take(who: str, incident: str = "", kind: str = NOTE) -> Draft:
    """What `who` has typed: for that incident, else while none was open, else for another one.

    A notice is about one incident, and is taken for no other. Where nothing waits, a new draft.
    Raises OSError, PlaceError.
    """
    folder = state_folder() / "drafts"
    place.make_folder(folder)
    mine = _stem(kind, who, incident or NO_INCIDENT)
    others = [_stem(kind, who, name) for name in (NO_INCIDENT, "*")] if kind == NOTE else []
    kept = (path for stem in (mine, *others) for path in _kept(folder, stem))
    new = (folder / f"{mine}.{number}.txt" for number in count(1))
    held = ((path, _held(path)) for path in chain(kept, new))
    return next(Draft(path, lock) for path, lock in held if lock is not None)


def is_waiting(who: str, kind: str = NOTE, incident: str = "*") -> bool:
    """Whether `who` has a draft of that kind that no console holds."""
    folder = state_path() / "drafts"
    for path in _kept(folder, _stem(kind, who, incident)):
        with suppress(OSError):
            if (lock := _held(path)) is not None:
                Draft(path, lock).release()
                return True
    return False


def _stem(kind: str, who: str, incident: str) -> str:
    """How its file's name begins; the operator's name leads nowhere else."""
    plain = re.sub(r"[^\w-]", "_", who)
    return f"{kind}.{plain}.{incident}"


def _kept(folder: Path, stem: str) -> Iterator[Path]:
    yield from sorted(folder.glob(f"{stem}.*.txt"))


def _lock_of(path: Path) -> Path:
    return path.with_suffix(".lock")


def _held(path: Path) -> int | None:
    """The lock beside `path`, now ours; None while another console holds it."""
    fd = os.open(_lock_of(path), os.O_RDWR | os.O_CREAT | place.SAFE, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    if place.is_at(fd, _lock_of(path)):
        return fd
    os.close(fd)  # the one who held it removed it meanwhile
    return _held(path)
