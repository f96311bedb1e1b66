"""The way to a host, hop by hop: packets that may go one hop, two hops…, and who says it ended.

As traceroute(8) has it, without its privileges: plain UDP and TCP sockets (`checks.complaint`). TCP
goes to the very port that fails, where firewalls treat it as what it is.
"""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import suppress
from enum import StrEnum

from msgspec import Struct

from checks.complaint import Complaint, Said, heard, listen

AT_ONCE = 5
"""Hops asked at the same time."""

FARTHEST = 25
"""Hops at most; half the internet is within 15."""

SILENT_LIMIT = 10
"""Hops in a row without a word, after which nobody will answer."""

WAIT = 0.8
"""Seconds for one hop's answer."""

FIRST_PORT = 33434
"""traceroute's: nobody listens there."""

_TTL = {False: (socket.IPPROTO_IP, 2), True: (socket.IPPROTO_IPV6, 16)}
"""IP_TTL and IPV6_UNICAST_HOPS, by linux/in.h and in6.h."""


class How(StrEnum):
    """What came of a packet."""

    SILENT = "silent"
    PASSED_ON = "passed on"
    REACHED = "reached"
    FILTERED = "filtered"
    NO_WAY = "no way"
    NOT_SENT = "not sent"


class Hop(Struct, frozen=True):
    """One hop: who answered, and after how many seconds."""

    ttl: int
    how: How = How.SILENT
    by: str = ""
    rtt: float = 0.0

    @property
    def is_end(self) -> bool:
        """Whether nothing goes farther."""
        return self.how in (How.REACHED, How.FILTERED, How.NO_WAY, How.NOT_SENT)


async def trace(address: str, port: int = 0) -> tuple[Hop, ...]:
    """The hops to `address`, by TCP to `port`, else by UDP; up to the first that is the end."""
    hops: list[Hop] = []
    while len(hops) < FARTHEST and not _is_silent(hops):
        first = len(hops) + 1
        found = await asyncio.gather(
            *(probe(address, port, ttl) for ttl in range(first, first + AT_ONCE))
        )
        for hop in found:
            hops.append(hop)
            if hop.is_end:
                return tuple(hops)
    while hops and hops[-1].how is How.SILENT:
        hops.pop()
    return tuple(hops)


def _is_silent(hops: list[Hop]) -> bool:
    last = hops[-SILENT_LIMIT:]
    return len(last) == SILENT_LIMIT and all(hop.how is How.SILENT for hop in last)


async def probe(address: str, port: int, ttl: int, *, wait: float = WAIT) -> Hop:
    """One packet that may go `ttl` hops."""
    is_v6 = ":" in address
    kind = socket.SOCK_STREAM if port else socket.SOCK_DGRAM
    began = time.monotonic()
    try:
        with socket.socket(socket.AF_INET6 if is_v6 else socket.AF_INET, kind) as sock:
            sock.setblocking(False)
            sock.setsockopt(*_TTL[is_v6], ttl)
            listen(sock)
            how, by = await _sent(sock, (address, port or FIRST_PORT + ttl), wait)
    except OSError:
        return Hop(ttl, How.NOT_SENT)
    return Hop(ttl, how, by, time.monotonic() - began)


async def _sent(sock: socket.socket, there: tuple[str, int], wait: float) -> tuple[How, str]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(wait):
            await loop.sock_connect(sock, there)
            if sock.type == socket.SOCK_DGRAM:
                sock.send(b"mailmedic")
                await loop.sock_recv(sock, 1)
    except TimeoutError:
        return How.SILENT, ""
    except OSError as error:
        complaint = heard(sock)
        if complaint is not None:
            return _meaning(complaint), complaint.by
        if not isinstance(error, ConnectionError):
            raise
    return How.REACHED, there[0]


def _meaning(complaint: Complaint) -> How:
    meanings = {
        Said.EXPIRED: How.PASSED_ON,
        Said.CLOSED: How.REACHED,
        Said.FILTERED: How.FILTERED,
        Said.NO_WAY: How.NO_WAY,
    }
    return meanings[complaint.said]


def own_address(address: str) -> str:
    """The address of ours that packets to `address` come from; empty where there is no way."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.connect((address, 9))
        return str(sock.getsockname()[0])
    return ""
