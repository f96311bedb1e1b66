"""The login of another machine: the user's own OpenSSH client, with the user's own ssh config.

One connection per host is shared by all commands (ControlMaster), and one `sh` there takes them
one after the other. A command that waits too long behind a slow one gets a shell of its own, and
so does every stream; `CHANNELS` bounds them all. Nothing ever asks: where ssh wants an answer,
`NeedsAnswer` is raised, and a person runs `interactive_argv` in the real terminal.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from asyncio import Task
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from checks.hosts import (
    Denied,
    HostKeyChanged,
    LoginError,
    NeedsAnswer,
    Output,
    TimedOut,
    Unreachable,
)
from checks.hosts._keys import answered, want_an_answer
from checks.hosts._openssh import checked, client
from checks.hosts._process import Running
from checks.hosts._shell import Shell, limited, reading

CHANNELS = 4
"""Commands at once per host. sshd takes 10 (MaxSessions); ssh then opens a second connection."""

PATIENCE = 1.0
"""Seconds that a command waits for the shell before it gets its own: one `df` that hangs on dead
NFS must not blind every other check of the host."""

OPENED_WITHIN = 15.0
"""Seconds for connection, login and start-up files together; ConnectTimeout is 5 of them."""

FORGET_AFTER = 5.0
"""Seconds for which a failure to connect answers for all: 8 checks must not start 8 clients."""

FORGET_REFUSAL_AFTER = 300.0
"""The same for a refused login. fail2ban locks out after five within ten minutes (jail.conf)."""

CONTROL_WITHIN = 2.0
"""Seconds for a request to our own ssh process, which only a stopped one needs."""

_REFUSALS = (NeedsAnswer, HostKeyChanged, Denied)


class SshLogin:
    """Runs commands and reads files through ``ssh DEST``. Implements `checks.hosts.Login`."""

    is_local = False

    def __init__(self, destination: str, *, config: str = "") -> None:
        """Use what is typed after ``ssh``; `config` replaces ~/.ssh/config. Raises ValueError."""
        self.destination = checked(destination)
        self.name = f"ssh:{destination}"
        self._config = config
        self._shell: Shell | None = None
        self._opening: Task[Shell | LoginError] | None = None
        self._failure: LoginError | None = None
        self._failed_at = 0.0
        self._turn = asyncio.Lock()
        self._spare = asyncio.Semaphore(CHANNELS - 1)
        self._was_shared: bool | None = None

    async def run(self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20) -> Output:
        """See `Login.run`. A command that times out is ended on the host a moment later, too.

        What keeps its stdout open after its end (a daemon that does not let go) times out.
        """
        words = limited(argv, deadline)
        async with self._within(deadline, argv[0], self._lane) as shell:
            return await shell.run(words, limit)

    async def read(self, path: str, *, deadline: float, limit: int = 1 << 20) -> bytes:
        """See `Login.read`; `path` is absolute. What is no regular file is refused."""
        words = reading(path, limit, deadline)
        async with self._within(deadline, path, self._lane) as shell:
            output = await shell.run(words, limit)
        if output.exit_status:
            # The errno, by which Python chooses FileNotFoundError, PermissionError and so on.
            raise OSError(output.exit_status, os.strerror(output.exit_status), path)
        return output.stdout

    @asynccontextmanager
    async def stream(self, argv: Sequence[str], *, deadline: float) -> AsyncIterator[Running]:
        """See `Login.stream`."""
        words = limited(argv, deadline)
        async with self._within(deadline, argv[0], self._own) as shell:
            running = await shell.stream(words)
            try:
                yield running
            finally:
                running.forget()

    def interactive_argv(self) -> list[str]:
        """What to run in the real terminal so that a person can answer; then call `retry`.

        Exit status 0: the connection is open, and our commands share it. Raises LoginError.
        """
        return [*client(self._config, is_quiet=False), "--", self.destination, "true"]

    def retry(self) -> None:
        """Forget that connecting failed: the next command tries again."""
        self._failure = None

    async def close(self) -> None:
        """End the shell, and the shared connection unless it was there before us."""
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait([self._opening])
        if self._shell is not None:
            await self._shell.close()
            self._shell = None
        if self._was_shared is False:
            # "stop", not "exit": another mailmedic of this user may be in the middle of a command.
            with contextlib.suppress(LoginError, TimeoutError):
                await self._control("stop")
        self._was_shared = None

    @asynccontextmanager
    async def _within(
        self, deadline: float, what: str, lane: Callable[[], AbstractAsyncContextManager[Shell]]
    ) -> AsyncIterator[Shell]:
        """A shell from `lane`, and the error that says how far it came when the time is up."""
        late: LoginError = Unreachable(f"no answer for {deadline:g} s")
        timer = asyncio.timeout(deadline)
        try:
            async with timer:
                await self._opened()
                late = LoginError(f"{what} never started in {deadline:g} s: earlier commands hang")
                async with lane() as shell:
                    late = TimedOut(f"{what} did not end in {deadline:g} s")
                    yield shell
        except TimeoutError as error:
            if not timer.expired():
                raise
            raise late from error

    @asynccontextmanager
    async def _lane(self) -> AsyncIterator[Shell]:
        """The shell that all commands share if its turn comes soon, else one of its own."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._turn.acquire()
        except TimeoutError:
            async with self._own() as shell:
                yield shell
            return
        try:
            yield await self._opened()  # again: the command before us may have closed it
        finally:
            self._turn.release()

    @asynccontextmanager
    async def _own(self) -> AsyncIterator[Shell]:
        async with self._spare:
            shell = await Shell.open(self._argv())
            try:
                yield shell
            finally:
                await shell.close()

    def _argv(self) -> list[str]:
        return [*client(self._config), "--", self.destination]

    async def _opened(self) -> Shell:
        """The shared shell; there is one attempt at a time to open it, which all wait for."""
        if self._shell is not None and self._shell.is_open:
            return self._shell
        if self._opening is None:
            self._raise_what_is_remembered()
            self._opening = asyncio.create_task(self._open())
        outcome = await asyncio.shield(self._opening)
        if isinstance(outcome, LoginError):
            raise type(outcome)(str(outcome))
        return outcome

    def _raise_what_is_remembered(self) -> None:
        if self._failure is None:
            return
        forget_after = (
            FORGET_REFUSAL_AFTER if isinstance(self._failure, _REFUSALS) else FORGET_AFTER
        )
        if time.monotonic() - self._failed_at < forget_after:
            raise type(self._failure)(str(self._failure))

    async def _open(self) -> Shell | LoginError:
        try:
            async with asyncio.timeout(OPENED_WITHIN):
                self._shell = await self._connect()
                self._failure = None
                return self._shell
        except TimeoutError:
            self._failure = Unreachable(f"no shell there within {OPENED_WITHIN:g} s")
        except LoginError as error:
            self._failure = error
        finally:
            self._opening = None
        self._failed_at = time.monotonic()
        return self._failure

    async def _connect(self) -> Shell:
        if self._shell is not None:
            await self._shell.close()
        if self._was_shared is None:
            self._was_shared = await self._control("check") == 0
        try:
            return await Shell.open(self._argv())
        except Denied as refusal:
            is_login = "Permission denied" in str(refusal)
            if is_login and await want_an_answer(client(self._config), self.destination):
                raise NeedsAnswer(str(refusal)) from refusal
            raise

    async def _control(self, request: str) -> int:
        """Ask the shared connection's process, without the network; the exit status."""
        argv = [*client(self._config), "-O", request, "--", self.destination]
        status, _ = await answered(argv, deadline=CONTROL_WITHIN)
        return status
