"""Debian's real Exim in a mount namespace of its own: it and Postfix can't be installed together.

    with exim() as server:                       # its package unpacked over this machine's /usr
        server.inject(3)                         # three messages, which nobody takes
        server.run("exim4", "-bp", user="oper")  # as an ordinary user would see it

Nothing of the machine is touched, no daemon runs; the namespace ends with who holds it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from checks.hosts import Output
from checks.hosts._process import Running
from checks.hosts.local import LocalLogin
from tests.lab.daemon import need, short_folder
from tests.lab.packages import cached
from tests.lab.run import run

PACKAGES = ("exim4-base", "exim4-config", "exim4-daemon-light", "libidn12")
USER, GROUP, OPER = 64995, 64995, 64001

CONFIG = """
primary_hostname = mail2.lab.test
local_interfaces = 127.0.0.1
keep_environment =
spool_directory = /var/spool/exim4
log_file_path = /var/spool/exim4/log/%slog
delay_warning = 4h:1d
begin routers
nobody_listens:
  driver = manualroute
  route_list = * 127.0.0.1 byname
  self = send
  transport = smtp
begin transports
smtp:
  driver = smtp
  port = 1
begin retry
* * F,2h,15m; G,16h,1h,1.5; F,4d,6h
"""

# Tells that all is in its place, and holds the namespace until its stdin ends.
_MOUNT = """
set -e
mount -t overlay exim -o lowerdir=$1/root/usr:/usr /usr
mount -t overlay exim -o lowerdir=$1/etc:/etc /etc
mount --bind $1/spool /var/spool
echo ready
exec cat
"""


class Exim:
    """One instance, inside the namespaces of process `pid`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for package in PACKAGES:
            for path in cached(package):
                run(["dpkg", "-x", str(path), str(folder / "root")])
        etc, spool = folder / "etc", folder / "spool"
        (etc / "exim4").mkdir(parents=True)
        self.config = etc / "exim4" / "exim4.conf"
        self.config.write_text(CONFIG)
        users = f"Debian-exim:x:{USER}:{GROUP}::/:/bin/false\noper:x:{OPER}:{OPER}::/:/bin/sh\n"
        (etc / "passwd").write_text(Path("/etc/passwd").read_text() + users)
        groups = f"Debian-exim:x:{GROUP}:\noper:x:{OPER}:\n"
        (etc / "group").write_text(Path("/etc/group").read_text() + groups)
        for path, mode in ((spool / "exim4" / "log", 0o750), (spool / "exim4", 0o750)):
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(mode)
            os.chown(path, USER, GROUP)
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", _MOUNT, "sh", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == b"ready\n"

    def inside(self, *, user: str = "root") -> list[str]:
        """The words before a command that make it run there, as root, oper or a group's oper."""
        enter = ["nsenter", f"--target={self._holder.pid}", "--mount", "--"]
        if user == "root":
            return enter
        groups = ["--clear-groups"] if user == "oper" else [f"--groups={GROUP}"]
        return [*enter, "setpriv", f"--reuid={OPER}", f"--regid={OPER}", *groups, "--"]

    def run(self, *argv: str, user: str = "root", stdin: str = "") -> str:
        """Run a command there; what it printed."""
        done = subprocess.run(
            [*self.inside(user=user), *argv],
            capture_output=True,
            text=True,
            input=stdin,
            check=False,
        )
        return done.stdout

    def inject(
        self, n: int = 1, *, sender: str = "ana@lab.test", to: Sequence[str] = ("bob@ext.test",)
    ) -> list[str]:
        """Put `n` messages into the queue and try to deliver none; the ids of all there are."""
        for number in range(n):
            text = f"Subject: test {number}\n\nHello.\n"
            self.run("exim4", "-odq", "-f", sender, *to, stdin=text)
        return sorted(word for word in self.run("exim4", "-bpr").split() if word.count("-") == 2)

    def end(self) -> None:
        """End it."""
        self._holder.communicate()


class Login(LocalLogin):
    """This machine's login, inside the namespace."""

    def __init__(self, server: Exim, user: str = "root") -> None:
        super().__init__()
        self._prefix = server.inside(user=user)

    async def run(self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20) -> Output:
        return await super().run([*self._prefix, *argv], deadline=deadline, limit=limit)

    @asynccontextmanager
    async def stream(self, argv: Sequence[str], *, deadline: float) -> AsyncIterator[Running]:
        async with super().stream([*self._prefix, *argv], deadline=deadline) as running:
            yield running


@contextmanager
def exim() -> Iterator[Exim]:
    """An Exim; skips where its package was not fetched (``python -m tests.lab install``)."""
    need("util-linux", "unshare", "nsenter", "setpriv")
    if not all(cached(package) for package in PACKAGES):
        pytest.skip("Exim's packages were not fetched: python -m tests.lab install")
    with short_folder("mm-exim") as folder:
        server = Exim(folder)
        try:
            yield server
        finally:
            server.end()
