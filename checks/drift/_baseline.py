"""Keeps the baselines of each host: one compressed JSON file, readable by its owner alone.

In a shared state folder the group may read it too: the folder's own access says so. A copy that
several versions have is there once.
"""

from __future__ import annotations

import os
import tempfile
import zlib
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from checks import state_folder
from checks.drift._copy import TEXT_LIMIT, Copy
from checks.drift._versions import Baseline, Moments, Versions
from checks.mask import mask

STORE_LIMIT = 16 * TEXT_LIMIT
"""Bytes, unpacked: the texts of two versions, each character escaped, and 5,000 entries each."""


class BaselineError(Exception):
    """The baseline is there and cannot be read, or cannot be written; the text says why."""


class _Faster(BaselineError):
    """Another program has put other baselines there meanwhile."""


class _Version(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A `Baseline` with the number of each copy."""

    at: datetime
    watched: tuple[str, ...]
    files: dict[str, int]
    by: str = ""
    healthy_at: datetime | None = None
    moments: dict[str, Moments] = {}
    unsettled: dict[str, datetime] = {}


class _Store(Struct, frozen=True, kw_only=True):
    copies: list[Copy]
    versions: list[_Version]


def place(folder: str, host: str) -> Path:
    """The file for that host; `folder` is the state folder, the user's own when empty."""
    return state_folder.path_of(folder, "baselines") / f"{quote(host, safe='')}.json.z"


Stamp = tuple[int, int] | None


def stamp(path: Path) -> Stamp:
    """What differs when the file is another; None where there is none. Raises BaselineError."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise BaselineError(f"cannot be read: {error.strerror}") from error
    return status.st_ino, status.st_mtime_ns


def read(path: Path) -> Versions:
    """The baselines at `path`; none when there is none yet. Raises BaselineError."""
    try:
        packed = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise BaselineError(f"cannot be read: {error.strerror}") from error
    try:
        content = zlib.decompressobj().decompress(packed, STORE_LIMIT)
        return _unpacked(_store(content))
    except (zlib.error, msgspec.DecodeError, RecursionError, IndexError) as error:
        raise BaselineError("is damaged") from error


def _store(content: bytes) -> _Store:
    try:
        return msgspec.json.decode(content, type=_Store)
    except msgspec.ValidationError:  # of 0.1.0 before versions: one baseline alone
        return _packed((msgspec.json.decode(content, type=Baseline),))


def _unpacked(store: _Store) -> Versions:
    """With the secrets masked that an earlier version did not know: none shows in a diff."""
    copies = [replace(one, text=mask(one.text)) if one.text else one for one in store.copies]
    found = []
    for one in store.versions:
        known = {name: getattr(one, name) for name in one.__struct_fields__}
        files = {name: copies[number] for name, number in one.files.items()}
        found.append(Baseline(**{**known, "files": files}))
    return tuple(found)


def _packed(versions: Versions) -> _Store:
    numbers: dict[Copy, int] = {}
    packed = []
    for one in versions:
        known = {name: getattr(one, name) for name in one.__struct_fields__}
        files = {name: numbers.setdefault(copy, len(numbers)) for name, copy in one.files.items()}
        packed.append(_Version(**{**known, "files": files}))
    return _Store(copies=list(numbers), versions=packed)


def write(path: Path, versions: Versions, *over: Stamp) -> None:
    """Put `versions` at `path`, all of it or nothing; only over what has the stamp `over`, if any.

    Raises BaselineError.
    """
    packed = zlib.compress(msgspec.json.encode(_packed(versions)), 1)
    try:
        state_folder.make(path.parent)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # mode 0600
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123  a descriptor, not a path
                file.write(packed)
                os.fchmod(descriptor, 0o600 | path.parent.stat().st_mode & 0o040)
                file.flush()
                os.fsync(descriptor)
            if over and stamp(path) not in (*over, None):
                raise _Faster("is of another program now")
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise BaselineError(f"cannot be written: {error.strerror}") from error


class Kept:
    """The baselines of one host, as the file has them and as we keep them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.versions: Versions = ()
        self._stamp: Stamp = None

    def load(self, *, retake: bool = False) -> bool:
        """Read them, if they are not those that we have; whether they are others now. Blocks.

        Raises BaselineError, but not to `retake` them: what is damaged is replaced.
        """
        try:
            stamp_now = stamp(self.path)
            if stamp_now == self._stamp:
                return False
            self.versions = read(self.path)
        except BaselineError:
            if retake:
                return False
            raise
        self._stamp = stamp_now
        return True

    def keep(self, versions: Versions, *over: Stamp) -> str:
        """Keep them from now on; why they could not be written, else empty. Blocks."""
        self.versions = versions
        try:
            write(self.path, versions, *over)
            self._stamp = stamp(self.path)
        except _Faster:
            return self._take_over()
        except BaselineError as error:
            return str(error)
        return ""

    def keep_by_itself(self, versions: Versions) -> str:
        """The same, unless there is nothing new; where another program is faster, theirs count."""
        return "" if versions is self.versions else self.keep(versions, self._stamp)

    def _take_over(self) -> str:
        try:
            self.load()
        except BaselineError as error:
            return str(error)
        return ""
