"""Three network namespaces in a row, made by a test: here, a router, there.

here 10.79.1.2, fd79:1::2 - 10.79.1.1 router 10.79.2.1 - 10.79.2.2, fd79:2::2 there

with in_a_row() as row:
    row.there.firewall("tcp dport 25 drop")
    result = row.here.run(lambda: port.check(…))
"""

from __future__ import annotations

import asyncio
import ctypes
import itertools
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest
from msgspec import Struct

T = TypeVar("T")

_CLONE_NEWNET = 0x40000000
_numbers = itertools.count()

HERE, ROUTER, ROUTER_THERE, THERE = "10.79.1.2", "10.79.1.1", "10.79.2.1", "10.79.2.2"
ROUTER_6, THERE_6 = "fd79:1::1", "fd79:2::2"
NOBODY_NEAR, NOBODY_FAR = "10.79.1.77", "10.79.2.77"


class Space(Struct, frozen=True):
    """One namespace."""

    name: str

    def do(self, *argv: str, given: str = "") -> None:
        """Run a command in it."""
        words = ["ip", "netns", "exec", self.name, *argv]
        subprocess.run(words, check=True, input=given, text=True, capture_output=True)

    def firewall(self, *rules: str) -> None:
        """Have these rules, for what it takes and what it passes on; none: no firewall."""
        lines = "\n".join(rules)
        chains = "\n".join(
            f"chain {hook} {{\ntype filter hook {hook} priority 0;\n{lines}\n}}"
            for hook in ("input", "forward")
        )
        table = f"table inet t {{\n{chains}\n}}\n"
        self.do("nft", "-f", "-", given=f"flush ruleset\n{table if rules else ''}")

    def call(self, work: Callable[[], T]) -> T:
        """The result of `work` in it."""
        results: list[T] = []
        errors: list[BaseException] = []

        def inside() -> None:
            try:
                with Path("/run/netns", self.name).open() as space:
                    if ctypes.CDLL(None, use_errno=True).setns(space.fileno(), _CLONE_NEWNET):
                        raise OSError(ctypes.get_errno(), "setns")
                results.append(work())
            except BaseException as error:  # noqa: BLE001 - handed to who waits
                errors.append(error)

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        if errors:
            raise errors[0]
        return results[0]

    def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of a coroutine in it."""
        return self.call(lambda: asyncio.run(work()))

    def listening(self, port: int) -> socket.socket:
        """A socket in it that takes connections on every address."""

        def opened() -> socket.socket:
            made = socket.create_server(
                ("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64
            )
            made.setblocking(False)
            return made

        return self.call(opened)


class Row(Struct, frozen=True):
    """The three."""

    here: Space
    router: Space
    there: Space


@contextmanager
def in_a_row() -> Iterator[Row]:
    """Make them, and remove them afterwards; skips where that is not allowed."""
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("nft"):
        pytest.skip("network namespaces of its own need root, iproute2 and nftables")
    stem = f"mm-{os.getpid()}-{next(_numbers)}"
    row = Row(*(Space(f"{stem}-{name}") for name in ("here", "router", "there")))
    spaces = (row.here, row.router, row.there)
    try:
        for space in spaces:
            _ip("netns", "add", space.name)
            space.do("sh", "-c", _SETTINGS)
        _lay(row)
        yield row
    finally:
        for space in spaces:
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "del", space.name)


_SETTINGS = """
ip link set lo up
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
echo 0 > /proc/sys/net/ipv4/icmp_ratelimit
for one in all default; do echo 0 > /proc/sys/net/ipv6/conf/$one/accept_dad; done
"""
"""No rate for what a router says: one test asks after the other."""


def _lay(row: Row) -> None:
    for number, (space, card) in enumerate(((row.here, "here"), (row.there, "there")), 1):
        pair = ["type", "veth", "peer", "name", card, "netns", row.router.name]
        _ip("-n", space.name, "link", "add", "eth0", *pair)
        for one, device, last in ((row.router, card, 1), (space, "eth0", 2)):
            _ip("-n", one.name, "addr", "add", f"10.79.{number}.{last}/24", "dev", device)
            _ip("-n", one.name, "addr", "add", f"fd79:{number}::{last}/64", "dev", device)
            _ip("-n", one.name, "link", "set", device, "up")
        _ip("-n", space.name, "route", "add", "default", "via", f"10.79.{number}.1")
        _ip("-n", space.name, "-6", "route", "add", "default", "via", f"fd79:{number}::1")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
