"""Echo requests to one address, and what came back: by icmplib, or by ping(8)."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING

from msgspec import Struct

from checks.hosts import LoginError
from checks.network._way import Means
from checks.text import visible

if TYPE_CHECKING:
    from icmplib import AsyncSocket, ICMPRequest

PAUSE = 0.2
"""Seconds between two requests: the least that ping(8) lets everybody have."""

WAIT = 1.0
"""Longest wait for one reply, in seconds; the way round the earth takes 0.3."""

_FILTERED_4, _FILTERED_6 = {9, 10, 13}, {1, 5}
"""Codes of "destination unreachable" by which a firewall says no (RFC 1812 5.2.7.1, RFC 4443)."""


class Echo(Struct, frozen=True, kw_only=True):
    """What came of the requests: `rtt` is the best round trip in seconds.

    `refusal` is what a router said, `error` why nothing could be sent.
    """

    sent: int
    received: int = 0
    rtt: float | None = None
    refusal: str = ""
    is_filtered: bool = False
    error: str = ""


async def by_icmplib(address: str, means: Means, count: int) -> Echo:
    """Send `count` requests through a socket of our own; never raises.

    Round trips are measured here, because icmplib takes the wall clock. The best one counts: the
    others tell more of this machine's load than of the network.
    """
    from icmplib import AsyncSocket, ICMPLibError, ICMPv4Socket, ICMPv6Socket

    kind = ICMPv6Socket if ":" in address else ICMPv4Socket
    echoes = []
    try:
        with AsyncSocket(kind(privileged=means is Means.RAW)) as socket:
            for sequence in range(count):
                await asyncio.sleep(PAUSE if sequence else 0)
                echoes.append(await _request(socket, address, sequence))
    except ICMPLibError as error:
        echoes.append(Echo(sent=0, error=visible(str(error), 100)))
    return sum_up(echoes)


async def _request(socket: AsyncSocket, address: str, sequence: int) -> Echo:
    from icmplib import ICMPError, ICMPLibError, ICMPRequest, TimeoutExceeded
    from icmplib.utils import unique_identifier

    request: ICMPRequest = ICMPRequest(address, unique_identifier(), sequence)
    began = time.monotonic()
    try:
        socket.send(request)
    except ICMPLibError as error:
        return Echo(sent=0, error=visible(str(error), 100))
    try:
        reply = await socket.receive(request, WAIT)
        rtt = time.monotonic() - began
        reply.raise_for_status()
    except ICMPError as error:
        codes = _FILTERED_6 if ":" in address else _FILTERED_4
        is_filtered = error.reply.code in codes
        return Echo(sent=1, refusal=visible(str(error).lower(), 100), is_filtered=is_filtered)
    except TimeoutExceeded:
        return Echo(sent=1)
    except ICMPLibError as error:
        return Echo(sent=1, error=visible(str(error), 100))
    return Echo(sent=1, received=1, rtt=rtt)


def sum_up(echoes: list[Echo]) -> Echo:
    """Several requests as one outcome; the first refusal and error stand for all."""
    return Echo(
        sent=sum(echo.sent for echo in echoes),
        received=sum(echo.received for echo in echoes),
        rtt=min((echo.rtt for echo in echoes if echo.rtt is not None), default=None),
        refusal=next((echo.refusal for echo in echoes if echo.refusal), ""),
        is_filtered=any(echo.is_filtered for echo in echoes),
        error=next((echo.error for echo in echoes if echo.error), ""),
    )


async def by_command(address: str, count: int, *, deadline: float) -> Echo:
    """Send `count` requests with ping(8); never raises."""
    from checks.hosts.local import LocalLogin

    argv = ["ping", "-n", "-q", "-c", f"{count}", "-i", f"{PAUSE}", "-W", "1", "--", address]
    try:
        output = await LocalLogin().run(argv, deadline=deadline)
    except LoginError as error:
        return Echo(sent=0, error=visible(str(error), 100))
    return parse_ping(output.stdout, output.stderr)


_COUNTS = re.compile(rb"(\d{1,9}) packets transmitted, (\d{1,9})(?: packets)? received(.*)")
_BEST = re.compile(rb"(?:rtt|round-trip) min/[^=]*= (\d{1,9}(?:\.\d{1,9})?)/")


def parse_ping(stdout: bytes, stderr: bytes) -> Echo:
    r"""What ``ping -q`` tells at its end; its times are milliseconds.

    >>> parse_ping(b"2 packets transmitted, 1 received, 50% packet loss, time 200ms\n"
    ...            b"rtt min/avg/max/mdev = 0.500/0.620/0.740/0.120 ms\n", b"")
    Echo(sent=2, received=1, rtt=0.0005, refusal='', is_filtered=False, error='')
    """
    counts = _COUNTS.search(stdout)
    if counts is None:
        return Echo(sent=0, error=visible(stderr, 100) or "ping says nothing")
    best = _BEST.search(stdout)
    return Echo(
        sent=int(counts[1]),
        received=int(counts[2]),
        rtt=float(best[1]) / 1000 if best else None,
        refusal="host or network unreachable" if b" errors," in counts[3] else "",
    )
