"""The login of the machine that we run on."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import stat
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import cast

from checks.hosts import LoginError, Output, TimedOut
from checks.hosts._process import (
    CHUNK,
    NOT_EXECUTABLE,
    NOT_FOUND,
    SBIN,
    STDERR_LIMIT,
    Child,
    Running,
    head,
    spawn,
)

LINGER = 0.5
"""Seconds for the last output of what has ended while something that it started holds its pipes."""

NAP = 0.02
"""Seconds that output gathers in the pipe between two looks at it; nobody sees them."""

PIPE_SIZE = 1 << 20
"""Bytes that a pipe holds, so that no program waits for us meanwhile; more needs root (pipe(7))."""


class LocalLogin:
    """Runs commands and reads files right here. Implements `checks.hosts.Login`."""

    name = "local"
    is_local = True

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """`environment` is added to ours: for secrets, which an argument would show to all."""
        self._environment = environment or {}

    async def run(self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20) -> Output:
        """See `Login.run`. What prints more than `limit` bytes is killed."""
        try:
            async with asyncio.timeout(deadline):
                try:
                    process = await self._start(argv)
                except (FileNotFoundError, PermissionError) as error:
                    return _not_started(argv, error)
                return await _finish(process, limit)
        except TimeoutError as error:
            raise TimedOut(f"{argv[0]} did not end in {deadline:g} s") from error

    async def feed(
        self, argv: Sequence[str], text: bytes, *, deadline: float, limit: int = 1 << 16
    ) -> Output:
        """Run `argv` with `text` on its standard input; of what it prints the beginning is kept.

        What it leaves running when it ends may hold its pipes: that is not waited for. Raises
        LoginError; TimedOut when it had to be killed.
        """
        try:
            async with asyncio.timeout(deadline):
                try:
                    process = await self._start(argv, stdin=PIPE)
                except (FileNotFoundError, PermissionError) as error:
                    return _not_started(argv, error)
                return await _finish_fed(process, text, limit)
        except TimeoutError as error:
            raise TimedOut(f"{argv[0]} did not end in {deadline:g} s") from error

    async def read(self, path: str, *, deadline: float, limit: int = 1 << 20) -> bytes:
        """See `Login.read`. What is no regular file (a pipe, a device) is refused, not waited for.

        A file system that hangs costs the deadline, and a thread for as long as it hangs.
        """
        try:
            async with asyncio.timeout(deadline):
                return await asyncio.to_thread(_read, path, limit)
        except TimeoutError as error:
            raise TimedOut(f"{path} could not be read in {deadline:g} s") from error

    @asynccontextmanager
    async def stream(self, argv: Sequence[str], *, deadline: float) -> AsyncIterator[Running]:
        """See `Login.stream`."""
        timer = asyncio.timeout(deadline)
        try:
            async with timer:
                try:
                    process = await self._start(argv)
                except (FileNotFoundError, PermissionError) as error:
                    yield _ended(_not_started(argv, error))
                    return
                outcome = asyncio.create_task(_outcome(process))
                running = _InBlocks(process, outcome)
                try:
                    yield running
                finally:
                    await process.end()
                    running.forget()
        except TimeoutError as error:
            if not timer.expired():
                raise
            raise TimedOut(f"{argv[0]} did not end in {deadline:g} s") from error

    async def close(self) -> None:
        """Nothing is held open."""

    async def _start(self, argv: Sequence[str], *, stdin: int = DEVNULL) -> Child:
        path = os.environ.get("PATH", os.defpath)
        return await spawn(argv, {"PATH": f"{path}:{SBIN}", **self._environment}, stdin=stdin)


class _InBlocks(Running):
    """Takes what has gathered, instead of waking up for each piece that a program writes.

    postqueue writes each message by itself: 100,000 times up and down cost more than reading them.
    """

    def __init__(self, process: Child, outcome: asyncio.Task[Output | LoginError]) -> None:
        super().__init__(process.outputs[0], outcome)
        self._pipe = process.stdout_pipe
        # OSError: the user has too many, a small one does as well; ValueError: it has ended.
        with suppress(OSError, ValueError):
            fcntl.fcntl(self._pipe.get_extra_info("pipe"), fcntl.F_SETPIPE_SZ, PIPE_SIZE)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Standard output, block by block, up to its end."""
        self._pipe.resume_reading()
        while chunk := await self._stdout.read(CHUNK):
            if len(chunk) < CHUNK:
                self._pipe.pause_reading()
            yield chunk
            if len(chunk) < CHUNK:
                await asyncio.sleep(NAP)
                self._pipe.resume_reading()


def _not_started(argv: Sequence[str], error: OSError) -> Output:
    status = NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
    return Output(status, b"", f"{argv[0]}: {error.strerror}".encode(errors="backslashreplace"))


async def _finish(process: Child, limit: int) -> Output:
    stdout, stderr = process.outputs
    errors = asyncio.create_task(head(stderr, STDERR_LIMIT))
    is_over = False
    try:
        kept, is_cut = await _first(stdout, limit)
        if is_cut:
            await process.end()
        output = Output(await process.exit_status(), kept, await errors, is_cut)
        is_over = True
        return output
    finally:
        if not is_over:
            await process.end()
            errors.cancel()


async def _finish_fed(process: Child, text: bytes, limit: int) -> Output:
    outputs = [asyncio.create_task(head(one, limit)) for one in process.outputs]
    feeding = asyncio.create_task(_feed(process, text))
    try:
        status = await process.exit_status()
        await asyncio.wait(outputs, timeout=LINGER)
        stdout, stderr = (one.result() if one.done() else b"" for one in outputs)
        return Output(status, stdout, stderr)
    finally:
        for task in (feeding, *outputs):
            task.cancel()
        await process.end()


async def _feed(process: Child, text: bytes) -> None:
    """It need not read what it gets: then the pipe breaks, and its exit status tells the rest."""
    with suppress(ConnectionError):
        stdin = cast(asyncio.StreamWriter, process.stdin)
        stdin.write(text)
        await stdin.drain()
        stdin.close()


async def _first(stdout: asyncio.StreamReader, limit: int) -> tuple[bytes, bool]:
    """The first `limit` bytes, and whether there were more."""
    kept = bytearray()
    while len(kept) <= limit and (chunk := await stdout.read(CHUNK)):
        kept += chunk
    return bytes(kept[:limit]), len(kept) > limit


async def _outcome(process: Child) -> Output | LoginError:
    errors = await head(process.outputs[1], STDERR_LIMIT)
    return Output(await process.exit_status(), b"", errors)


def _ended(output: Output) -> Running:
    """The stream of a command that never began."""
    stdout = asyncio.StreamReader()
    stdout.feed_eof()

    async def outcome() -> Output | LoginError:
        return output

    return Running(stdout, asyncio.create_task(outcome()))


def _read(path: str, limit: int) -> bytes:
    # Looked at before it is opened, because opening a device can do something (tape, watchdog);
    # and again afterwards. Without O_NONBLOCK the opening of a pipe waits for its writer.
    _refuse_irregular(Path(path).stat(), path)
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        _refuse_irregular(os.fstat(descriptor), path)
        kept = bytearray()
        while len(kept) < limit and (chunk := os.read(descriptor, min(CHUNK, limit - len(kept)))):
            kept += chunk
        return bytes(kept)
    finally:
        os.close(descriptor)


def _refuse_irregular(status: os.stat_result, path: str) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", path)
