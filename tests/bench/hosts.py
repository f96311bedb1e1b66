"""A sweep of 20 hosts that are 150 ms away: all that the servers' panel asks, over real ssh."""

from __future__ import annotations

import asyncio
import getpass
import os
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

from checks import registry
from checks.hosts.ssh import SshLogin
from checks.model import Host, Result, State, System
from checks.resolver import Resolver
from tests.bench._table import show, spread
from tests.lab.daemon import free_ports, short_folder
from tests.lab.sshd import Sshd, sshd
from tests.peers import HOST, serve
from tests.peers.delay import delayed

HOSTS = 20
ROUND_TRIP = 0.15
RUNS = 5
KINDS = ("processes", "load", "disks", "units", "listeners", "limits", "clock", "hardware")

_CLIENT = """\
Host host{number}
    HostName {address}
    Port {port}
    User {user}
    IdentityFile {key}
    IdentitiesOnly yes
    UserKnownHostsFile /dev/null
    StrictHostKeyChecking no
"""


def main() -> None:
    """Print the table."""
    port = free_ports(HOST, "ssh")["ssh"]
    # bash under sshd reads ~/.bashrc, which does anything here, but not as a shell within a shell.
    extra = f"ListenAddress {HOST}:{port}\nMaxStartups 200\nSetEnv SHLVL=2"
    with sshd(extra=extra) as server, short_folder("mm-run") as folder:
        os.environ["XDG_RUNTIME_DIR"] = str(folder)
        first, took, cost, size = asyncio.run(_sweeps(server, port, folder))
    show(
        f"A sweep of {HOSTS} hosts, {len(KINDS)} checks each, round trip "
        f"{ROUND_TRIP * 1000:.0f} ms, n={RUNS}",
        ("", "wall s", "CPU ms of a host", "KB on the wire"),
        [
            ("connections open", spread(took, 2), f"{cost:.0f}", f"{size:.1f}"),
            ("first", f"{first:.2f}", "", ""),
        ],
        "all hosts are this machine, so their CPU is in the wall time, too",
        "goals: 2 s, 150 ms, 30 KB; `chrt -r 10` makes a busy machine a quiet one",
    )


async def _sweeps(server: Sshd, port: int, folder: Path) -> tuple[float, list[float], float, float]:
    passed: Counter[str] = Counter()
    async with AsyncExitStack() as stack:
        peer = delayed(port, ROUND_TRIP, passed=passed)
        ports = [await stack.enter_async_context(serve(peer)) for _ in range(HOSTS)]
        config = folder / "ssh_config"
        config.write_text("".join(
            _CLIENT.format(number=number, address=HOST, port=port, user=getpass.getuser(),
                           key=server.user_key)
            for number, port in enumerate(ports)
        ))  # fmt: skip
        logins = [SshLogin(f"host{number}", config=str(config)) for number in range(HOSTS)]
        try:
            first = await _sweep(logins)
            before = _cpu(server)
            passed.clear()
            took = [await _sweep(logins) for _ in range(RUNS)]
            cost = (_cpu(server) - before) / RUNS / HOSTS * 1000
            size = passed["bytes"] / RUNS / HOSTS / 1000
        finally:
            await asyncio.gather(*(login.close() for login in logins))
    return first, took, cost, size


async def _sweep(logins: list[SshLogin]) -> float:
    hosts = tuple(
        Host(name=login.destination, address=HOST, login=login, services=("smtp", "imap"))
        for login in logins
    )
    system = System(name="bench", resolver=Resolver(HOST, port=9), hosts=hosts)
    begin = time.monotonic()
    results = await asyncio.gather(*(
        check.check(target, check.Options(), deadline=20)
        for check in map(registry.load, KINDS)
        for target in check.targets(system)
    ))  # fmt: skip
    took = time.monotonic() - begin
    blind: list[Result] = [one for one in results if one.state == State.UNKNOWN]
    if blind or len(results) != HOSTS * len(KINDS):
        raise AssertionError(f"not everything was seen: {blind[:1]}")
    return took


def _cpu(server: Sshd) -> float:
    """Seconds of all that runs, or ran and was waited for, at the far end of the connections."""
    used = (process.cpu_times() for process in server.processes())
    return sum(one.user + one.system + one.children_user + one.children_system for one in used)
