"""A child process of ours that can't outlive its use, and its output, bounded."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio import StreamReader, Task
from asyncio.subprocess import DEVNULL, PIPE, Process, SubprocessStreamProtocol
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import cast

from checks.hosts import LoginError, Output

CHUNK = 1 << 16

STDERR_LIMIT = 1 << 16
"""Bytes of stderr kept: it is read by a person, and 64 KiB are 800 lines."""

REAPED_WITHIN = 1.0
"""Seconds for a killed process to go. One that hangs in the kernel (dead NFS) takes longer."""

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""The exit statuses that a POSIX shell answers for those (XCU 2.8.2)."""

SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where postqueue and its kin live; an ordinary user's PATH has none of them."""


class _Protocol(SubprocessStreamProtocol):
    """Tells of the process's own end; asyncio's `wait` waits for whoever holds its pipes too."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=CHUNK, loop=loop)
        self.exited = asyncio.Event()

    def process_exited(self) -> None:
        super().process_exited()
        self.exited.set()


class Child(Process):
    """A process whose pipes can be closed without waiting for who else holds them.

    A grandchild may, and so does ssh's shared connection, to which its clients hand them.
    """

    def __init__(
        self,
        transport: asyncio.SubprocessTransport,
        protocol: _Protocol,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(transport, protocol, loop)
        self._exited = protocol.exited
        self._pipes = [transport.get_pipe_transport(number) for number in (0, 1, 2)]

    async def end(self) -> None:
        """Kill it with all of its group, and reap it; what it left when it ended is left alone."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        for pipe in self._pipes:
            if pipe is not None:
                pipe.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REAPED_WITHIN):
                await self.wait()

    async def exit_status(self) -> int:
        """Wait for it. As a shell has it: 128 and the number of the signal that ended it."""
        await self._exited.wait()
        status = cast(int, self.returncode)
        return status if status >= 0 else 128 - status

    @property
    def stdout_pipe(self) -> asyncio.ReadTransport:
        """The pipe of its stdout."""
        return cast(asyncio.ReadTransport, self._pipes[1])

    @property
    def outputs(self) -> tuple[StreamReader, StreamReader]:
        """Its stdout and stderr."""
        return cast(StreamReader, self.stdout), cast(StreamReader, self.stderr)


async def spawn(
    argv: Sequence[str], environment: Mapping[str, str], *, stdin: int = DEVNULL
) -> Child:
    """Start `argv` in a session of its own: no terminal to ask on, and one group to kill.

    Raises FileNotFoundError and PermissionError, and LoginError where no process can be started.
    """
    loop = asyncio.get_running_loop()
    try:
        transport, protocol = await loop.subprocess_exec(
            lambda: _Protocol(loop),
            *argv,
            stdin=stdin,
            stdout=PIPE,
            stderr=PIPE,
            env={**os.environ, "LC_ALL": "C", **environment},
            start_new_session=True,
        )
    except (FileNotFoundError, PermissionError):
        raise
    except OSError as error:
        raise LoginError(f"can't start {argv[0]}: {error.strerror}") from error
    return Child(transport, protocol, loop)


async def head(reader: StreamReader, limit: int) -> bytes:
    """The first `limit` bytes, read to the end of the stream; the rest is dropped."""
    kept = bytearray()
    while chunk := await reader.read(CHUNK):
        kept += chunk[: limit - len(kept)]
    return bytes(kept)


class Running:
    """A `Stream` over a process: its stdout, and a task that knows how it ends."""

    def __init__(self, stdout: StreamReader, outcome: Task[Output | LoginError]) -> None:
        self._stdout = stdout
        self._outcome = outcome

    async def chunks(self) -> AsyncIterator[bytes]:
        """Standard output, piece by piece, up to its end."""
        while chunk := await self._stdout.read(CHUNK):
            yield chunk

    async def end(self) -> Output:
        """See `Stream.end`."""
        async for _ in self.chunks():
            pass
        return await self.ended()

    async def ended(self) -> Output:
        """See `Stream.ended`."""
        outcome = await asyncio.shield(self._outcome)
        if isinstance(outcome, LoginError):
            raise outcome
        return outcome

    def forget(self) -> None:
        """Nobody will ask for the end."""
        self._outcome.cancel()
