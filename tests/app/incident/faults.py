"""An operating system that fails at the call one names, as SQLite tests itself.

https://www.sqlite.org/testing.html: the fault moves to the 2nd, 3rd … call until a run ends clean.
"""

from __future__ import annotations

import errno
import functools
import os
from collections.abc import Callable
from typing import Any

import pytest

from app.incident import journal, lock, place, spare

COUNTED = frozenset(
    "open write pread fstat ftruncate fsync fdatasync link fchmod fchown flock".split()  # noqa: SIM905
)

Act = Callable[[str, Callable[..., Any], tuple[Any, ...]], Any]


class Faults:
    """Counts the calls; at number `at`, from 0 on (and after it, if it `stays`), `act` is done."""

    def __init__(self, act: Act, at: int, *, stays: bool = False) -> None:
        self.act, self.at, self.stays = act, at, stays
        self.calls: list[str] = []
        self.is_on = True

    @property
    def was_done(self) -> bool:
        return len(self.calls) > self.at

    def call(self, name: str, real: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        if not self.is_on:
            return real(*arguments, **named)
        self.calls.append(name)
        number = len(self.calls) - 1
        if number == self.at or (self.stays and number > self.at):
            return self.act(name, functools.partial(real, **named), arguments)
        return real(*arguments, **named)

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Where the log meets the system, it meets this one."""
        for module in (journal, place, spare):
            patch.setattr(module, "os", _Module(os, self))
        for module in (lock, spare):
            patch.setattr(module, "fcntl", _Module(module.fcntl, self))


class _Module:
    def __init__(self, real: Any, faults: Faults) -> None:
        self._real, self._faults = real, faults

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        return functools.partial(self._faults.call, name, found) if name in COUNTED else found


def fails(number: int) -> Act:
    """The call answers with that errno."""

    def act(name: str, real: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        raise OSError(number, os.strerror(number))

    return act


def is_short(name: str, real: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """A write takes half; whatever else is called says that the disk is full."""
    if name != "write" or len(arguments[1]) < 2:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    fd, content = arguments
    return real(fd, content[: len(content) // 2])


def fails_to_sync(name: str, real: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Syncing fails, and taking back as well; all else is well."""
    if name in ("fsync", "fdatasync", "ftruncate"):
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    return real(*arguments)
