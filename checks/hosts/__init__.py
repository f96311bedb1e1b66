"""How we get into a host: a `Login` runs commands and reads files there.

Errors, all of them "could not ask"::

    LoginError                 login.failed         .code is the finding, str() the reason;
    │                                               the command never started
    ├── NeedsAnswer            login.needs-answer   a passphrase, PIN, code or host-key answer
    ├── HostKeyChanged         login.host-key
    ├── Denied                 login.denied
    ├── Unreachable            login.unreachable    network, name, refused, line dropped
    └── TimedOut               login.timeout        the command may still be running there
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct

SUDO_AGAIN = 86400.0
"""Seconds until a sudo that has refused is asked again: root may get a mail each time (sudoers(5),
``mail_no_user``). Who has mended it looks by hand, or waits."""


class LoginError(Exception):
    """The host could not be asked."""

    code = "login.failed"


class NeedsAnswer(LoginError):
    """ssh wants a passphrase, PIN, code or host-key answer that only a person can give."""

    code = "login.needs-answer"


class HostKeyChanged(LoginError):
    """The host's key is not the one that is known."""

    code = "login.host-key"


class Denied(LoginError):
    """The host refuses this user."""

    code = "login.denied"


class Unreachable(LoginError):
    """The host can't be reached, or the line to it dropped."""

    code = "login.unreachable"


class TimedOut(LoginError):
    """The command did not end by its deadline; it may still be running on the host."""

    code = "login.timeout"


FINDINGS = {
    error.code: (error.__doc__ or "")
    for error in (LoginError, NeedsAnswer, HostKeyChanged, Denied, Unreachable, TimedOut)
}


class Output(Struct, frozen=True):
    """What a command left, of its stderr the first 64 KiB.

    `is_cut` says that it printed more than was kept; it was ended then, and its exit status says
    nothing. A signal's end is 128 and its number.
    """

    exit_status: int
    stdout: bytes
    stderr: bytes = b""
    is_cut: bool = False


class Stream(Protocol):
    """A running command whose output is taken as it comes."""

    def chunks(self) -> AsyncIterator[bytes]:
        """Standard output, piece by piece, up to its end."""

    async def ended(self) -> Output:
        """Wait for the command, whose output somebody reads meanwhile; see `end`.

        What it started may hold the output open for longer.
        """

    async def end(self) -> Output:
        """Drop what is left of stdout and wait; exit status and the head of stderr.

        Raises LoginError.
        """


class Login(Protocol):
    """A way into a host."""

    name: str
    """As the config has it: ``local`` or ``ssh:DEST``."""
    is_local: bool

    async def run(self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20) -> Output:
        """Run `argv` there, without a shell's interpretation, in the C locale.

        Keeps at most `limit` bytes of stdout. A missing command answers exit status 127.
        Raises LoginError.
        """

    async def read(self, path: str, *, deadline: float, limit: int = 1 << 20) -> bytes:
        """The first `limit` bytes of a file there, by its absolute path.

        Raises LoginError, or the OSError that `open` would: FileNotFoundError, PermissionError,
        IsADirectoryError; what is no regular file is refused, not waited for.
        """

    def stream(
        self, argv: Sequence[str], *, deadline: float
    ) -> AbstractAsyncContextManager[Stream]:
        """Run `argv` there and take its output as it comes; leaving the context ends it.

        The deadline holds for the whole context, which then raises TimedOut.
        """

    async def close(self) -> None:
        """End what was opened for this login. Does not raise."""
