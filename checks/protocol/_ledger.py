"""What is remembered of a trip between two runs: its messages under way, and its last result.

One file a trip in the state folder, held by one console at a time: together they send no more
often than one alone, and what one sent another finds.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import msgspec
from msgspec import Struct

from checks import state_folder
from checks.model import Result
from checks.text import visible

SIZE_LIMIT = 1 << 20
"""Bytes; a ledger has a few thousand."""


class LedgerError(Exception):
    """The ledger cannot be read or written. The text says which and why."""


class HeldElsewhere(Exception):
    """Another console is on this very trip."""


class Sent(Struct, frozen=True, kw_only=True):
    """A message that was sent, or may have been: its acceptance is not known.

    `given_up` is when it was found to be lost; `returned` is why, where it came back.
    """

    token: str
    at: datetime
    queue_id: str = ""
    is_accepted: bool = False
    given_up: datetime | None = None
    returned: str = ""


class Book(Struct, frozen=True, kw_only=True):
    """A trip's ledger.

    `sent` is when a server last had a message of ours, `proven` when the newest message that has
    arrived was sent. `arrived` holds the last tokens, by which a second copy is known. `signed` is
    when one came with a DKIM signature last, `signer` its key; `result` was the last one.
    """

    sent: datetime | None = None
    proven: datetime | None = None
    under_way: tuple[Sent, ...] = ()
    lost: tuple[Sent, ...] = ()
    arrived: tuple[str, ...] = ()
    signer: str = ""
    signed: datetime | None = None
    result: Result | None = None


class Ledger:
    """The file of one trip, held."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.book = self._read()

    def keep(self, book: Book) -> None:
        """Write `book`, all of it or nothing. Raises LedgerError."""
        self.book = book
        new = self._path.with_suffix(".new")
        try:
            new.write_bytes(msgspec.json.encode(book))
            new.replace(self._path)
        except OSError as error:
            raise _error(self._path, "written", error) from error

    def _read(self) -> Book:
        try:
            with self._path.open("rb") as file:
                return msgspec.json.decode(file.read(SIZE_LIMIT), type=Book)
        except FileNotFoundError:
            return Book()
        except OSError as error:
            raise _error(self._path, "read", error) from error
        except (msgspec.DecodeError, RecursionError):
            return Book()  # of another version, or cut short: its mails are cleaned up by their age


@contextmanager
def held(folder: str, trip: str) -> Iterator[Ledger]:
    """The ledger of `trip`, ours until the context is left. Raises LedgerError, HeldElsewhere.

    `folder` is the state folder, the user's own when empty.
    """
    path = place(folder, trip)
    lock = _lock(path)
    try:
        yield Ledger(path)
    finally:
        os.close(lock)


def last_result(folder: str, trip: str) -> Result | None:
    """What whoever holds the ledger has last written. Raises LedgerError."""
    return Ledger(place(folder, trip)).book.result


def _lock(path: Path) -> int:
    descriptor = -1
    try:
        flags = os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(path.with_suffix(".lock"), flags, 0o640)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if descriptor >= 0:
            os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise HeldElsewhere from error
        raise _error(path, "written", error) from error
    return descriptor


def place(folder: str, name: str) -> Path:
    """The file for that name in the state folder. Raises LedgerError where there can be none."""
    kept = state_folder.path_of(folder, "roundtrip")
    try:
        state_folder.make(kept)
    except OSError as error:
        raise _error(kept, "written", error) from error
    return kept / f"{quote(name, safe='@')}.json"


def _error(path: Path, what: str, error: OSError) -> LedgerError:
    return LedgerError(f"{visible(str(path))} cannot be {what}: {error.strerror}")
