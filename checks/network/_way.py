"""How this user on this machine can send echo requests; found out once per process.

Linux gives ICMP sockets to the groups in ``net.ipv4.ping_group_range`` (icmp(7)), raw sockets to
whoever has CAP_NET_RAW (raw(7)); ping(8) mostly comes with that capability.
"""

from __future__ import annotations

import asyncio
import subprocess
import threading
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from checks.text import visible

GROUP_RANGE = Path("/proc/sys/net/ipv4/ping_group_range")

TRIAL_DEADLINE = 3.0
"""Seconds for ping(8) to show on loopback that it works."""


class Means(StrEnum):
    """What the echo requests are sent with."""

    SOCKET = "ICMP socket"
    RAW = "raw ICMP socket"
    COMMAND = "system ping"
    TCP = "tcp"


class Way(Struct, frozen=True):
    """The means, and why none of the better ones."""

    means: Means
    why: str = ""

    @property
    def is_icmp(self) -> bool:
        """Whether these are pings at all."""
        return self.means is not Means.TCP

    def __str__(self) -> str:
        return f"asked by {self.means}" + (f" ({self.why})" if self.why else "")


_deciding = threading.Lock()
_decided: list[Way] = []


async def way() -> Way:
    """The best way that works here. The first call takes a thread, for the import and a trial."""
    return _decided[0] if _decided else await asyncio.to_thread(_decide_once)


def _decide_once() -> Way:
    with _deciding:
        if not _decided:
            _decided.append(decide())
        return _decided[0]


def decide() -> Way:
    """Try them in turn. Blocks."""
    no_socket = _socket_refusal(is_raw=False)
    if not no_socket:
        return Way(Means.SOCKET)
    if not _socket_refusal(is_raw=True):
        return Way(Means.RAW, no_socket)
    no_command = _command_refusal()
    if not no_command:
        return Way(Means.COMMAND, no_socket)
    return Way(Means.TCP, f"{no_socket}; {no_command}")


def _socket_refusal(*, is_raw: bool) -> str:
    from icmplib import ICMPLibError, ICMPv4Socket

    try:
        ICMPv4Socket(privileged=is_raw).close()
    except ICMPLibError:
        return f"the kernel refuses ICMP sockets: ping_group_range {_group_range()}"
    return ""


def _group_range() -> str:
    try:
        return " ".join(GROUP_RANGE.read_text().split())
    except OSError:
        return "unknown"


def _command_refusal() -> str:
    """Why ping(8) can't be used; one that could send is good, answer or not."""
    argv = ["ping", "-n", "-q", "-c", "1", "-W", "1", "--", "127.0.0.1"]
    try:
        done = subprocess.run(argv, capture_output=True, timeout=TRIAL_DEADLINE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no system ping: {visible(str(getattr(error, 'strerror', None) or error), 100)}"
    if b"transmitted" in done.stdout:
        return ""
    return f"system ping fails: {visible(done.stderr, 100)}"
