"""A command as an action: run over the host's login, its output taken, its end told.

Killing ssh does not stop what it runs (measured), so the command is ended over there: by
``timeout`` when its time is over, and by its process group when the operator cancels it. Whatever
we did not see end by itself is unknown, never failed.
"""

from __future__ import annotations

import asyncio
import math
import shlex
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from msgspec import Struct

from app.command.output import Output
from app.incident.entry import Entry
from app.incident.kinds import CommandBegun, CommandEnded
from checks.hosts import Login, LoginError, Stream, TimedOut
from checks.model import Host
from checks.text import visible

DEADLINE = 60.0
"""Seconds that a command gets unless the operator says otherwise."""

LONGEST = 86_400.0

GRACE = 5.0
"""Seconds for the login itself, beside those that the command gets."""

LINGER = 1.0
"""Seconds for the last output once the command has ended; a daemon it started may hold it open."""

CANCELLED_WITHIN = 4.0
"""Seconds for a cancelled command to go; ``timeout -k`` kills after two what does not heed it."""

_TIMED_OUT = (124, 128 + 9)
"""timeout(1): the status of what it ended, and of what had to be killed."""

# Prints the process that leads its group, for `_END`; then is that process. stderr comes in its
# place among the output. Hosts without timeout(1) run it without.
_RUN = r"""
echo $$
if timeout -k 2 1 true 2>/dev/null; then exec timeout -k 2 "$@" 2>&1; fi
shift; exec "$@" 2>&1
"""
_END = 'kill -TERM -- "-$1" 2>/dev/null || kill -TERM "$1"'


def wrapped(argv: Sequence[str], deadline: float) -> list[str]:
    """What is handed to the login for `argv`."""
    return ["sh", "-c", _RUN, "sh", str(math.ceil(deadline)), *argv]


def seconds(text: str) -> float:
    """A deadline as it is typed. Raises ValueError."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 1 <= found <= LONGEST:
        raise ValueError(f"{text!r} is not a number of seconds from 1 to {LONGEST:,.0f}")
    return found


class HowEnded(Struct, frozen=True):
    """What became of a command."""

    outcome: str
    status: int | None = None
    reason: str = ""


class Command:
    """Implements `app.actions.Deed`, once. Lives on the loop of the host's login."""

    def __init__(self, host: Host, argv: Sequence[str], deadline: float = DEADLINE) -> None:
        """Raises ValueError for a host without a login."""
        if host.login is None:
            raise ValueError(f"{host.name} has no login")
        self.host = host
        self.argv = tuple(argv)
        self.deadline = deadline
        self.output = Output()
        self.ended: CommandEnded | None = None
        self.since: float | None = None
        """`time.monotonic` of its beginning."""
        self.on_output: Callable[[bytes], None] = lambda _chunk: None
        self._login: Login = host.login
        self._process = b""
        self._is_there = asyncio.Event()
        self._is_cancelled = False
        self._patience = asyncio.Timeout(None)

    @property
    def target(self) -> str:
        """Where it runs, for the eyes."""
        return f"{self.host.name} ({self._login.name})"

    @property
    def shown(self) -> str:
        """Exactly what runs, quoted as for a shell."""
        return visible(shlex.join(self.argv), 100_000)

    @property
    def begun(self) -> CommandBegun:
        """See `Deed.begun`."""
        return CommandBegun(host=self.host.name, argv=self.argv, deadline=self.deadline)

    async def act(self, begun: Entry) -> CommandEnded:
        """See `Deed.act`."""
        self.since = time.monotonic()
        how = await self._run()
        self.ended = CommandEnded(
            begun=begun.id,
            host=self.host.name,
            argv=self.argv,
            outcome=how.outcome,
            status=how.status,
            reason=how.reason,
            duration=round(time.monotonic() - self.since, 3),
            output=self.output.text(),
            sha256=self.output.sha256,
        )
        return self.ended

    async def cancel(self) -> None:
        """Ask it to end, over there too. How that went is seen by how `act` ends."""
        self._is_cancelled = True
        with suppress(LoginError, TimeoutError):
            async with asyncio.timeout(CANCELLED_WITHIN):
                await self._is_there.wait()
            argv = ["sh", "-c", _END, "sh", self._process.decode("ascii", "replace")]
            await self._login.run(argv, deadline=CANCELLED_WITHIN)
        left = CANCELLED_WITHIN if self._is_there.is_set() else 0.0
        with suppress(RuntimeError):  # it has ended meanwhile
            self._patience.reschedule(asyncio.get_running_loop().time() + left)

    async def close(self) -> None:
        """End the login's connections; for who has nothing else to do with the host."""
        await self._login.close()

    async def _run(self) -> HowEnded:
        is_open = False
        words = wrapped(self.argv, self.deadline)
        try:
            async with (
                self._patience,
                self._login.stream(words, deadline=self.deadline + GRACE) as stream,
            ):
                is_open = True
                return self._judge(await self._finish(stream))
        except (LoginError, TimeoutError) as error:
            if self._is_cancelled:
                return self._unknown("cancelled")
            if is_open or isinstance(error, TimedOut):
                return self._unknown(str(error))
            return HowEnded("failed", reason=f"never started: {error}")
        except asyncio.CancelledError:
            return self._unknown("the session that ran it has ended")

    async def _finish(self, stream: Stream) -> int:
        """Take its output until it has ended; the exit status. Raises LoginError."""
        reading = asyncio.create_task(self._read(stream))
        try:
            status = (await stream.ended()).exit_status
            await asyncio.wait([reading], timeout=LINGER)
            return status
        finally:
            reading.cancel()

    async def _read(self, stream: Stream) -> None:
        async for chunk in stream.chunks():
            output = chunk
            if not self._is_there.is_set():
                line, newline, output = chunk.partition(b"\n")
                self._process += line
                if newline:
                    self._is_there.set()
            if output:
                self.output.add(output)
                self.on_output(output)

    def _judge(self, status: int) -> HowEnded:
        lasted = time.monotonic() - (self.since or 0.0)
        if self._is_cancelled:
            return HowEnded("unknown", status, "cancelled; how far it came is not known")
        if status in _TIMED_OUT and lasted >= self.deadline:
            return HowEnded("unknown", reason=f"ended there after {self.deadline:g} s: out of time")
        return HowEnded("done" if status == 0 else "failed", status)

    def _unknown(self, why: str) -> HowEnded:
        return HowEnded("unknown", reason=f"{why}; it may still run on {self.host.name}")
