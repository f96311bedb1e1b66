"""The practice mail system: starts it, breaks it in a named way, mends it, removes it.

async with Drill() as drill:
    system = drill.system()
    await drill.inject("smtp-stopped")
    await drill.heal()
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import inf
from pathlib import Path
from types import TracebackType
from typing import Self

from app.config import Config, Log
from app.drill import certificates, faults
from app.drill.faults import Fault
from app.drill.folder import Folder
from app.drill.layout import LOOPBACK, MAILBOX, Layout
from app.drill.server import DrillError, Server
from checks.hosts.local import LocalLogin
from checks.model import CheckOptions, Host, System
from checks.resolver import Resolver

_DISCARD = 9
"""Where the drill's resolver sends questions (RFC 863): nothing asks, and nothing may get out."""


class Drill:
    """A small real mail system of this process's own. One fault at a time.

    Made anywhere, it has its folder and its ports at once, so `system` can be asked before `start`;
    whoever makes one must `stop` it. Start it in a thread that outlives it: its processes die with
    the thread that started them. Raises OSError where no temp folder can be made.
    """

    def __init__(self) -> None:
        self.faults: tuple[Fault, ...] = faults.load()
        self.mailbox = MAILBOX
        self.password = secrets.token_urlsafe(12)
        self.broken: str | None = None
        """The name of the fault in force."""
        self._folder = Folder()
        self._layout = Layout(self._folder.path)
        self._smtp = Server("smtp", ("smtp", "submission"), self._layout)
        self._imap = Server("imap", ("imap", "imaps"), self._layout)
        self._servers = {server.name: server for server in (self._smtp, self._imap)}
        self._turn = asyncio.Lock()

    @property
    def folder(self) -> Path:
        """The drill's private folder, removed at its end: room for the state of a drill too."""
        return self._folder.path

    async def start(self) -> None:
        """Start it; every port answers afterwards. Raises DrillError, with nothing left behind."""
        try:
            async with self._turn:
                await self._spawn()
                await asyncio.to_thread(self._furnish)  # while the servers import what they need
                await self._load()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End its processes and remove its folder; twice does no harm."""
        for server in self._servers.values():
            server.kill()  # what an `inject` under way waits for, fails at once
        async with self._turn:
            await asyncio.gather(*(server.close() for server in self._servers.values()))
            await asyncio.to_thread(self._folder.remove)

    async def inject(self, name: str) -> None:
        """Break it in that way, and mend what was broken before.

        Raises KeyError for a fault that there is not, DrillError when it can't be done.
        """
        fault = {fault.name: fault for fault in self.faults}[name]
        async with self._turn:
            await self._mend()
            self.broken = name
            servers = [self._servers[server] for server in fault.servers]
            match fault.act:
                case "stop":
                    await asyncio.gather(*(server.stop() for server in servers))
                case "freeze":
                    for server in servers:
                        server.freeze()
                case "expire":
                    self._install(self._layout.expired)
                    await asyncio.gather(*(server.load() for server in servers))

    async def heal(self) -> None:
        """Mend whatever is broken, also what broke by itself. Raises DrillError."""
        async with self._turn:
            await self._mend()

    def system(self) -> System:
        """What the console watches.

        `here` is this machine, which the practice mail really lies on: its load and disks are
        shown (and by `_options` not judged), and its watched folder holds the certificate in use.
        It offers no service, and the hosts that do have no login: no remedy for a practice fault
        can touch this machine.
        """
        ca_file = str(self._layout.ca)
        return System(
            name="Practice mail (drill)",
            resolver=Resolver(LOOPBACK, port=_DISCARD),
            hosts=(
                Host(
                    name="post",
                    address=LOOPBACK,
                    mta="none",
                    services=self._smtp.services,
                    ca_file=ca_file,
                ),
                Host(
                    name="store",
                    address=LOOPBACK,
                    mta="none",
                    services=self._imap.services,
                    ca_file=ca_file,
                ),
                Host(
                    name="here",
                    address=LOOPBACK,
                    login=LocalLogin(),
                    mta="none",
                    watch=(str(self._layout.etc),),
                ),
            ),
        )

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _mend(self) -> None:
        for server in self._servers.values():
            server.thaw()
        self._install(self._layout.valid)
        await self._spawn()
        await self._load()
        self.broken = None

    async def _spawn(self) -> None:
        await asyncio.gather(*(server.spawn() for server in self._servers.values()))

    async def _load(self) -> None:
        await asyncio.gather(*(server.load() for server in self._servers.values()))

    def _furnish(self) -> None:
        self._layout.etc.mkdir()
        self._layout.password.write_text(self.password)
        certificates.make(self._layout)
        self._install(self._layout.valid)

    def _install(self, certificate: Path) -> None:
        try:
            shutil.copyfile(certificate, self._layout.certificate)
        except OSError as error:
            raise DrillError(f"{self._layout.certificate}: {error.strerror}") from error


@asynccontextmanager
async def watched(drill: Drill) -> AsyncIterator[Config]:
    """Run `drill`, and tell what to watch of it, for as long as the context lasts.

    State (baselines, logs) stays in the drill's folder and goes with it: practice is kept apart.
    """
    async with drill:
        log = Log(folder=str(drill.folder / "state"))
        yield Config(system=drill.system(), log=log, checks=_options())


def _options() -> dict[str, CheckOptions]:
    """This machine's own load and disks are shown, not judged: practice is about our faults.

    The shorter deadline turns the bar 7 s after a server hangs, instead of 17.
    """
    from checks.protocol import imap, smtp
    from checks.server import disks, load

    return {
        "smtp": smtp.Options(deadline=2.0),
        "imap": imap.Options(deadline=2.0),
        "load": load.Options(load_high=inf, memory_low=0.0, rebooted=0.0),
        "disks": disks.Options(
            warning_bytes=0,
            critical_bytes=0,
            full_bytes=0,
            inodes_warning_count=0,
            inodes_critical_count=0,
            inodes_full_count=0,
        ),
    }


__all__ = ["Drill", "DrillError", "watched"]
