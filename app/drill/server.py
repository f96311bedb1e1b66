"""A server process of the drill, seen from outside: start, reload, freeze, stop."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path

from app.drill.child import READY
from app.drill.layout import LOOPBACK, Layout
from app.problem import Problem
from checks.text import visible

START_DEADLINE = 15.0
"""Seconds for a server to open its ports: 0.3 on an idle machine, more on a starved one."""


class DrillError(Problem):
    """The practice system does not run. The text is for people."""


class Server:
    """The process ``python -m app.drill.NAME`` and its ports, one for each of `services`.

    Start it in a thread that lives as long as the drill: with that thread the process dies.
    """

    def __init__(self, name: str, services: tuple[str, ...], layout: Layout) -> None:
        self.name = name
        self._layout = layout
        self._held = {service: _hold_port() for service in services}
        self._process: Process | None = None

    @property
    def services(self) -> tuple[str, ...]:
        """The services as a host has them, e.g. ``smtp:40025``."""
        return tuple(f"{service}:{port}" for service, port in self.ports.items())

    @property
    def ports(self) -> dict[str, int]:
        """The port of each service; they stay the same over restarts."""
        return {service: held.getsockname()[1] for service, held in self._held.items()}

    @property
    def pid(self) -> int | None:
        """The process id, while the process runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def spawn(self) -> None:
        """Start the process, if it does not run; its ports open with the first `load`."""
        if self.pid:
            return
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # else a folder called app where we stand would be taken for ours
                "-m",
                f"app.drill.{self.name}",
                str(self._layout.folder),
                *map(str, self.ports.values()),
                stdin=PIPE,
                stdout=PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us alone
            )

    async def load(self) -> None:
        """Have the process serve the certificate that lies in the folder now.

        Raises DrillError.
        """
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise DrillError(f"the practice {self.name} server was not started")
        try:
            async with asyncio.timeout(START_DEADLINE):
                process.stdin.write(b"load\n")
                await process.stdin.drain()
                answer = await process.stdout.readline()
        except TimeoutError:
            raise DrillError(f"the practice {self.name} server does not answer") from None
        except OSError:
            answer = b""
        if answer != READY:
            raise DrillError(f"the practice {self.name} server ended: {self._last_words()}")

    def freeze(self) -> None:
        """Stop the process in its tracks; the kernel goes on to accept connections for it."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen process go on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the process, without waiting for its end."""
        self._signal(signal.SIGKILL)  # the only signal that a frozen process obeys

    async def stop(self) -> None:
        """End the process."""
        self.kill()
        if self._process:
            await self._process.wait()

    async def close(self) -> None:
        """End the process, and give its ports back."""
        await self.stop()
        for held in self._held.values():
            held.close()

    def _signal(self, number: signal.Signals) -> None:
        # Not Process.send_signal: it reaps a process that has just died, and asyncio, which then
        # does not find it, complains on stderr.
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    @property
    def _log(self) -> Path:
        return self._layout.folder / f"{self.name}.log"

    def _last_words(self) -> str:
        lines = self._log.read_bytes().splitlines() or [b"it gave no reason"]
        return visible(lines[-1])


def _hold_port() -> socket.socket:
    """A socket bound to a free port that does not listen.

    It keeps the port for our server over its restarts, and while there is no server the kernel
    answers "connection refused" (socket(7), SO_REUSEPORT: processes of one user may share).
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.bind((LOOPBACK, 0))
    return held
