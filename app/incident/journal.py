"""The file of an incident: JSON lines, only ever added to.

An entry that was acknowledged is on disk: it was written whole, under a lock, and fdatasync(2) said
so. Whoever is killed in between leaves at most the beginning of a line that nobody was told about;
the next writer puts it aside. Any number of processes write; each reads first what others added.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from app.incident import chain, lock, place
from app.incident.chain import GENESIS, Line
from app.incident.error import LogError, why

LOCK_WITHIN = 2.0
"""Seconds that a lock is waited for. Writing an entry takes a thousandth of that."""


class Journal:
    """The lines of one file, as far as they are read.

    `lines` are those that could be read, `unreadable` counts the others. `generation` grows
    whenever `lines` are not those of before, and some more.
    """

    def __init__(self, path: Path, lock_within: float = LOCK_WITHIN) -> None:
        """Read the file at `path`. Raises LogError where that can't be done."""
        self.path = path
        self.lock_within = lock_within
        self.generation = 0
        self.lines: list[Line] = []
        self.unreadable = 0
        self._offset = self._size = 0
        self._numbers: dict[str, int] = {}
        self._mended: list[str] = []
        self._gone: dict[str, Line] = {}
        self._mutex = threading.Lock()
        self._fd = self._inode = -1
        self._is_writable = False
        self._doubtful: int | None = None
        self.refresh()

    @property
    def head(self) -> str:
        """The hash of the last line."""
        return self.lines[-1].hash if self.lines else GENESIS

    @property
    def has_lost(self) -> bool:
        """Whether lines that were read here are in the file no more; `append` puts them back."""
        return bool(self._gone) or (self._fd >= 0 and not os.path.lexists(self.path))

    @property
    def has_changed(self) -> bool:
        """Whether the file is another one, or has another size, than what was read."""
        try:
            found = self.path.lstat()
        except OSError:
            return True
        return bool(self._gone) or (found.st_ino, found.st_size) != (self._inode, self._size)

    def append(self, table: str, documents: Iterable[Mapping[str, Any]]) -> list[int]:
        """Add `documents`, on disk when this returns; their numbers.

        One with the ``id`` of one that is there already is not added again. Raises LogError, and
        then nothing was acknowledged: the documents may be appended again.
        """
        with self._alone("written"), self._locked():
            self._settle()
            self._append_gone()
            return self._append((table, document) for document in documents)

    def refresh(self) -> None:
        """Read what others have added. Raises LogError."""
        with self._alone("read"):
            if self._fd < 0 or not place.is_at(self._fd, self.path):
                self._open()
            self._catch_up()

    def take_mended(self) -> list[str]:
        """What was put right since this was asked last, a line each, for the log to tell."""
        mended, self._mended = self._mended, []
        return mended

    def content(self) -> bytes:
        """The whole file as it is now. Raises LogError."""
        with self._alone("read"):
            return place.read(self._fd, 0)

    def close(self) -> None:
        """Let the file go; it is opened again when it is needed."""
        with self._mutex:
            self._close()

    def __del__(self) -> None:
        """A descriptor is no memory: nobody else would close it."""
        if getattr(self, "_fd", -1) >= 0:
            os.close(self._fd)

    @contextmanager
    def _alone(self, what: str) -> Iterator[None]:
        """Inside, no other thread of ours is; an OSError becomes a LogError: can't be `what`."""
        with self._mutex:
            try:
                yield
            except OSError as error:
                raise LogError(f"{self.path}: can't be {what}: {why(error)}") from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Inside, the file is the one at its path, ours alone, whole, and read to its end."""
        while True:
            if self._fd < 0 or not self._is_writable:
                self._open(to_write=True)
            lock.take(self._fd, self.path, self.lock_within)
            try:
                if place.is_at(self._fd, self.path):
                    self._catch_up()
                    if not self._mend():
                        yield
                        return
                elif not self.path.exists():
                    self._put_back()
            finally:
                self._unlock()
            self._open(to_write=True)

    def _unlock(self) -> None:
        try:
            lock.give_back(self._fd)
        except OSError:
            self._close()  # that unlocks as well

    def _append(self, documents: Iterable[tuple[str, Mapping[str, Any]]]) -> list[int]:
        """Add those that are not there, each with its table; the numbers of all."""
        n = self.lines[-1].n if self.lines else 0
        head, numbers, lines = self.head, [], []
        new: dict[str, int] = {}
        for table, document in documents:
            name = _id(document)
            known = self._numbers.get(name) or new.get(name)
            if known is None:
                lines.append(chain.seal(table, n + 1, head, document))
                n, head = lines[-1].n, lines[-1].hash
                if name:
                    new[name] = n
            numbers.append(known or n)
        self._put(lines)
        return numbers

    def _append_gone(self) -> None:
        """Write again what was cut off, as it was, or what another file at this path lacks."""
        gone = list(self._gone.values())
        if not gone:
            return
        if gone[0].prev == self.head:
            self._put(gone)
        else:
            self._append((line.table, line.document) for line in gone)
        self._gone = {}
        self._mended.append(f"entries that were missing and written again: {len(gone)}")

    def _put(self, lines: list[Line]) -> None:
        """Add `lines`, and hear that they are on disk."""
        content = b"".join(map(_readable, lines))
        start = self._offset
        try:
            place.write(self._fd, content)
            os.fdatasync(self._fd)
        except OSError:
            self._take_back(start)
            raise
        self._take(lines)
        self._offset = self._size = start + len(content)

    def _take_back(self, start: int) -> None:
        """What was not acknowledged goes again; if even that fails, it is settled later."""
        try:
            os.ftruncate(self._fd, start)
        except OSError:
            self._doubtful = start

    def _settle(self) -> None:
        """Write once more what is in the file, but was not surely put on disk.

        After a failed fsync(2) the kernel takes the pages for clean; only writing them again makes
        the next one honest. A second descriptor, because ours appends wherever it is told to write.
        """
        if self._doubtful is None:
            return
        again = os.open(self.path, os.O_RDWR | place.SAFE)
        try:
            content = place.read(again, self._doubtful)
            os.lseek(again, self._doubtful, os.SEEK_SET)
            place.write(again, content)
            os.fdatasync(again)
        finally:
            os.close(again)
        self._doubtful = None

    def _open(self, *, to_write: bool = False) -> None:
        """Open the file that is at the path now; lines read from another one are forgotten."""
        fd, is_writable = place.open_log(self.path, to_write=to_write)
        found = os.fstat(fd)
        # Only while ours is open can the number of its inode not be another file's.
        is_same = self._fd >= 0 and os.path.samestat(os.fstat(self._fd), found)
        self._close()
        self._fd, self._is_writable, self._inode = fd, is_writable, found.st_ino
        if not is_same:
            self._forget()

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def _forget(self) -> None:
        """Begin anew; what was read counts as gone until it is found again."""
        if self.lines:
            self.generation += 1
        self._gone |= {line.hash: line for line in self.lines}
        self.lines = []
        self.unreadable = 0
        self._numbers = {}
        self._offset = self._size = 0

    def _catch_up(self) -> None:
        """Read the whole lines that are new; all, when what was read is not there as it was."""
        if os.fstat(self._fd).st_size < self._offset:
            self._forget()
        found = place.read(self._fd, self._offset)
        whole = found[: found.rfind(b"\n") + 1]
        parsed = [chain.parse(line) for line in whole.split(b"\n")[:-1]]
        if self._offset and parsed and (not parsed[0] or parsed[0].prev != self.head):
            self._forget()
            self._catch_up()
            return
        self._take([line for line in parsed if line])
        self.unreadable += parsed.count(None)
        self._offset += len(whole)
        self._size = self._offset + len(found) - len(whole)
        if self._gone:
            here = {line.hash for line in self.lines}
            self._gone = {
                found: line
                for found, line in self._gone.items()
                if found not in here and _id(line.document) not in self._numbers
            }

    def _take(self, lines: list[Line]) -> None:
        self.lines += lines
        self._numbers |= {found: line.n for line in lines if (found := _id(line.document))}

    def _mend(self) -> bool:
        """Put aside what can't be read; whether the file was replaced by a readable one."""
        if self._size > self._offset:
            self._end_last_line()
        if not self.unreadable:
            return False
        content = place.read(self._fd, 0)
        good = [line for line in content.split(b"\n") if chain.parse(line)]
        aside = place.free_name(self.path, "damaged")
        place.put(self.path, b"".join(line + b"\n" for line in good), aside=aside)
        self._mended.append(
            f"lines that could not be read: {self.unreadable} of {self.unreadable + len(good)}; "
            f"the damaged file is kept as {aside.name}"
        )
        return True

    def _end_last_line(self) -> None:
        """Complete the last line where only its end is missing; else cut it off."""
        rest = place.read(self._fd, self._offset)
        line = chain.parse(rest)
        if line and line.prev == self.head:
            place.write(self._fd, b"\n")
            self._catch_up()
            return
        kept = place.keep_aside(self.path, rest)
        os.ftruncate(self._fd, self._offset)
        self._size = self._offset
        self._mended.append(f"an unfinished line of {len(rest)} bytes was cut off{kept}")

    def _put_back(self) -> None:
        """Somebody removed the file, or its folder; what it held is still open here."""
        content = place.read(self._fd, 0)
        place.make_folder(self.path.parent)
        with suppress(FileExistsError):
            place.put(self.path, content)
            self._mended.append("the file had been removed, and was put back")


def _id(document: Mapping[str, Any]) -> str:
    found = document.get("id")
    return found if isinstance(found, str) else ""


def _readable(line: Line) -> bytes:
    """`line` as it is written. Raises ValueError for what could not be read again."""
    written = chain.write(line)
    if chain.parse(written) is None:
        raise ValueError("such text, or nesting, could not be read again: nothing was written")
    return written
