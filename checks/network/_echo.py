"""Echo requests to one address, and what came back: by icmplib, or by ping(8)."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from checks.hosts import LoginError
from checks.network._way import Means, Way
from checks.text import visible

if TYPE_CHECKING:
    from icmplib import AsyncSocket, ICMPRequest
    from icmplib.sockets import ICMPSocket

PACE, PAUSE = 0.05, 0.2
"""Seconds between two requests of ours, and of ping(8): the least that it lets everybody have."""

WAIT = 1.0
"""Longest wait for one reply, in seconds; the way round the earth takes 0.3."""

_FILTERED_4, _FILTERED_6 = {9, 10, 13}, {1, 5}
"""Codes of "destination unreachable" by which a firewall says no (RFC 1812 5.2.7.1, RFC 4443)."""


_DISCOVER_4, _DISCOVER_6 = (0, 10), (41, 23)
_PROBE = 3
"""IP_MTU_DISCOVER, IPV6_MTU_DISCOVER and IP_PMTUDISC_PROBE, by linux/in.h and in6.h: whole, also
where the kernel believes that the way takes less."""


class Echo(Struct, frozen=True, kw_only=True):
    """What came of the requests: `rtts` are the round trips in seconds, in their order.

    `refusal` is what a router said, `error` why nothing could be sent.
    """

    sent: int
    received: int = 0
    rtts: tuple[float, ...] = ()
    refusal: str = ""
    is_filtered: bool = False
    error: str = ""

    @property
    def rtt(self) -> float | None:
        """The best; the others tell more of this machine's load than of the network."""
        return min(self.rtts, default=None)

    @property
    def loss(self) -> float:
        """The share that was not answered, 0 to 1."""
        return 1 - self.received / self.sent if self.sent else 0.0

    @property
    def jitter(self) -> float:
        """How much a round trip differs from the one before, on average, in seconds."""
        steps = [abs(b - a) for a, b in zip(self.rtts, self.rtts[1:], strict=False)]
        return sum(steps) / len(steps) if steps else 0.0


async def send(address: str, way: Way, count: int, *, deadline: float, size: int = 0) -> Echo:
    """Send `count` requests in the way that there is; nothing where that is TCP. Never raises."""
    match way.means:
        case Means.TCP:
            return Echo(sent=0, error=way.why)
        case Means.COMMAND:
            return await by_command(address, count, deadline=deadline, size=size)
        case Means.SOCKET | Means.RAW:
            return await by_icmplib(address, way.means, count, size=size)


async def by_icmplib(address: str, means: Means, count: int, *, size: int = 0) -> Echo:
    """Send `count` requests through sockets of our own; never raises.

    With a `size` the packets have so many bytes in all, and are never cut into pieces.

    Each has its own, so that a lost one holds up none. Round trips are measured here, because
    icmplib takes the wall clock.
    """

    async def one(sequence: int) -> Echo:
        from icmplib import AsyncSocket, ICMPLibError

        await asyncio.sleep(PACE * sequence)
        try:
            with AsyncSocket(_opened(address, means, is_whole=bool(size))) as socket:
                return await _request(socket, address, sequence, payload(address, size))
        except ICMPLibError as error:
            return Echo(sent=0, error=visible(str(error), 100))

    return sum_up(await asyncio.gather(*map(one, range(count))))


def _opened(address: str, means: Means, *, is_whole: bool) -> ICMPSocket:
    """A socket for echo requests to `address`. Raises ICMPLibError."""
    from icmplib import ICMPv4Socket, ICMPv6Socket

    kind = ICMPv6Socket if ":" in address else ICMPv4Socket
    made = kind(privileged=means is Means.RAW)
    if is_whole:
        level, option = _DISCOVER_6 if ":" in address else _DISCOVER_4
        made.sock.setsockopt(level, option, _PROBE)
    return made


def payload(address: str, size: int) -> int:
    """Bytes of data in an echo request that makes a packet of `size` bytes; the usual 56 for 0."""
    return size - (48 if ":" in address else 28) if size else 56


async def _request(socket: AsyncSocket, address: str, sequence: int, size: int) -> Echo:
    from icmplib import ICMPError, ICMPLibError, ICMPRequest, TimeoutExceeded
    from icmplib.utils import unique_identifier

    request: ICMPRequest = ICMPRequest(address, unique_identifier(), sequence, payload_size=size)
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
    return Echo(sent=1, received=1, rtts=(rtt,))


def sum_up(echoes: Sequence[Echo]) -> Echo:
    """Several requests as one outcome; the first refusal and error stand for all."""
    return Echo(
        sent=sum(echo.sent for echo in echoes),
        received=sum(echo.received for echo in echoes),
        rtts=tuple(rtt for echo in echoes for rtt in echo.rtts),
        refusal=next((echo.refusal for echo in echoes if echo.refusal), ""),
        is_filtered=any(echo.is_filtered for echo in echoes),
        error=next((echo.error for echo in echoes if echo.error), ""),
    )


async def by_command(address: str, count: int, *, deadline: float, size: int = 0) -> Echo:
    """Send `count` requests with ping(8), as `by_icmplib` does; never raises."""
    from checks.hosts.local import LocalLogin

    argv = ["ping", "-n", "-c", f"{count}", "-i", f"{PAUSE}", "-W", "1"]
    argv += ["-M", "do", "-s", f"{payload(address, size)}"] if size else []
    try:
        output = await LocalLogin().run([*argv, "--", address], deadline=deadline)
    except LoginError as error:
        return Echo(sent=0, error=visible(str(error), 100))
    return parse_ping(output.stdout, output.stderr)


_COUNTS = re.compile(rb"(\d{1,9}) packets transmitted, (\d{1,9})(?: packets)? received(.*)")
_TIME = re.compile(rb" time[=<](\d{1,9}(?:\.\d{1,9})?) ms")
RTTS_LIMIT = 100
"""Round trips kept of what ping prints: more were not asked for."""


def parse_ping(stdout: bytes, stderr: bytes) -> Echo:
    r"""What ``ping`` tells; its times are milliseconds.

    >>> parse_ping(b"64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.500 ms\n\n"
    ...            b"2 packets transmitted, 1 received, 50% packet loss, time 200ms\n", b"")
    Echo(sent=2, received=1, rtts=(0.0005,), refusal='', is_filtered=False, error='')
    """
    counts = _COUNTS.search(stdout)
    if counts is None:
        return Echo(sent=0, error=visible(stderr, 100) or "ping says nothing")
    times = _TIME.findall(stdout)[:RTTS_LIMIT]
    return Echo(
        sent=int(counts[1]),
        received=int(counts[2]),
        rtts=tuple(float(time) / 1000 for time in times),
        refusal="host or network unreachable" if b" errors," in counts[3] else "",
    )
