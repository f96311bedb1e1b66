"""Files of the log: made so that the group shares them, and no half of one is ever seen."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from app.incident import lock
from app.incident.error import why

CHUNK = 1 << 20

MADE_WITHIN = 2.0
"""Seconds that one waits for somebody else to make a folder."""

SAFE = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
"""In a folder that others write too, a link could lead a privileged operator anywhere, and opening
a pipe would wait for ever."""


def open_log(path: Path, *, to_write: bool = False) -> tuple[int, bool]:
    """A descriptor of the file at `path`, and whether it can be written. Raises OSError.

    Who may only read gets to read, unless it has to be written.
    """
    try:
        return os.open(path, os.O_RDWR | os.O_APPEND | SAFE), True
    except OSError:
        if to_write:
            raise
        return os.open(path, os.O_RDONLY | SAFE), False


def is_at(fd: int, path: Path) -> bool:
    """Whether `fd` is the file at `path`: not one that was removed or replaced."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    opened = os.fstat(fd)
    return (opened.st_dev, opened.st_ino) == (found.st_dev, found.st_ino)


def read(fd: int, offset: int) -> bytes:
    """All there is from `offset` on. Raises OSError."""
    chunks = []
    while chunk := os.pread(fd, CHUNK, offset):
        chunks.append(chunk)
        offset += len(chunk)
    return b"".join(chunks)


def write(fd: int, content: bytes) -> None:
    """Write all of `content`; a disk that fills takes the first half without a word (write(2))."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(fd, rest) :]


def make_folder(folder: Path) -> None:
    """Make `folder` as its parent is: shared with the group where that is shared.

    One at a time: rename(2) would put a second one in the place of a first that is still empty.
    Raises OSError, Locked.
    """
    if folder.is_dir():
        return
    parent = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        lock.take(parent, folder.parent, MADE_WITHIN)
        if not folder.is_dir():
            _make_folder(folder, is_shared=bool(os.fstat(parent).st_mode & stat.S_ISGID))
    finally:
        os.close(parent)


def _make_folder(folder: Path, *, is_shared: bool) -> None:
    made = _beside(folder)
    made.mkdir(mode=0o700)
    try:
        made.chmod(0o2770 if is_shared else 0o700)  # mkdir's own mode is cut by the umask
        made.rename(folder)
    except OSError:
        made.rmdir()
        raise


def create(path: Path) -> int:
    """A new empty file for writing. Raises FileExistsError, or another OSError."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | SAFE, 0o600)
    if path.parent.stat().st_mode & stat.S_ISGID:
        os.fchmod(fd, 0o660)
    return fd


def put(path: Path, content: bytes, *, aside: Path | None = None) -> None:
    """A file with `content` at `path`, whole from its first moment, and on disk.

    One that is there already goes `aside`, and the new one is for the same people. Without `aside`
    FileExistsError is raised.
    """
    with _made(path, content, lambda fd: _make_alike(fd, path) if aside else None) as made:
        if aside:
            os.link(path, aside)
            made.replace(path)
        else:
            os.link(made, path)
    sync_folder(path.parent)


def replace(path: Path, content: bytes, mode: int) -> None:
    """The same in the place of what is there, as `mode` has it; the folder is not synced yet."""
    with _made(path, content, lambda fd: os.fchmod(fd, mode)) as made:
        made.replace(path)


@contextmanager
def _made(path: Path, content: bytes, dress: Callable[[int], None]) -> Iterator[Path]:
    """A file of `content`, whole and on disk, that may become `path`; else it is gone afterwards.

    `dress` gives its descriptor owner and mode.
    """
    made = _beside(path)
    fd = create(made)
    try:
        write(fd, content)
        dress(fd)
        os.fsync(fd)
        yield made
    finally:
        os.close(fd)
        with suppress(FileNotFoundError):
            made.unlink()


def _beside(path: Path) -> Path:
    """A name for what becomes `path` once it is whole: nobody ever sees less."""
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}")


def _make_alike(fd: int, path: Path) -> None:
    """Give `fd` the owner, as far as that is ours to give, and the mode of the file at `path`."""
    found = path.lstat()
    for owner in ((found.st_uid, found.st_gid), (-1, found.st_gid)):
        with suppress(PermissionError):
            os.fchown(fd, *owner)
            break
    os.fchmod(fd, stat.S_IMODE(found.st_mode))


def sync_folder(folder: Path) -> None:
    """See to it that the names in `folder` are on disk. Raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def free_name(path: Path, word: str) -> Path:
    """A name beside `path` that nobody has, such as ``2026-11-23-01.damaged-20261123T031053Z``."""
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    for number in count(1):
        found = path.with_suffix(f".{word}-{stamp}" + (f"-{number}" if number > 1 else ""))
        if not os.path.lexists(found):
            return found
    raise AssertionError


def keep_aside(path: Path, content: bytes) -> str:
    """Put `content`, which was never acknowledged, beside `path` if it can be; where it went."""
    aside = free_name(path, "unfinished")
    try:
        put(aside, content)
    except OSError as error:
        return f", and could not be kept: {why(error)}"
    return f", and is kept as {aside.name}"
