"""Whether packets as large as the line takes arrive, and not the small ones alone (RFC 2923 2.1).

A path MTU black hole: somewhere large packets vanish, and nobody tells the sender to make them
smaller (RFC 1191). Connections open, then hang at the first large packet: in the TLS handshake, in
the middle of a message. Asked by ICMP, both ways at once; where there is SMTP, TCP has the last
word, because routers that shrink TCP's packets on purpose are common.
"""

from __future__ import annotations

import asyncio
import socket

from msgspec import Struct
from msgspec.structs import replace

from checks import connect
from checks.model import CheckOptions, Finding, Result, State, System, Target, split_service
from checks.network import _segment
from checks.network._echo import Echo, send, sum_up
from checks.network._segment import Segment
from checks.network._way import Way, way
from checks.phases import Phases

FINDINGS: dict[str, str] = {
    "path.mtu-black-hole": "Small packets arrive, large ones vanish: TLS and mail hang half-way.",
    "mtu.not-asked": "Neither ICMP nor SMTP answers, so that large packets could not be tried.",
    "mtu.name-not-found": "The host's name does not exist or has no address.",
    "mtu.resolver-failed": "The resolver could not answer, so nothing was sent.",
}

SMALL = 300
"""Bytes that any way takes; every IPv4 host takes 576 (RFC 791)."""

LARGE = 1500
"""Bytes of the largest packet tried: Ethernet's. Few ways between networks take more."""

STEPS = (1492, 1454, 1420, 1400, 1280, 1000, 576)
"""Sizes tried to find what passes: PPPoE, tunnels, the least of IPv6, the least of IPv4."""


class Options(CheckOptions, frozen=True, kw_only=True):
    """``[check.mtu]``."""

    interval: float = 60.0
    deadline: float = 8.0


class Seen(Struct, frozen=True):
    """What came back.

    `told` is the size that our kernel knows or was told; `passes` the largest that was answered
    after the large one was not.
    """

    small: Echo
    large: Echo
    told: int = LARGE
    passes: int = 0
    segment: Segment = Segment()


def targets(system: System) -> list[Target]:
    """Every host."""
    return system.each_host("mtu")


async def check(target: Target, options: Options, *, deadline: float) -> Result:  # noqa: ARG001
    """Resolve, send a small and a large one; where the large one is lost, look closer."""
    phases = Phases()
    seen = Seen(Echo(sent=0), Echo(sent=0))
    try:
        async with asyncio.timeout(deadline):
            with phases.phase("resolve"):
                address = (await connect.resolve(target, deadline=deadline))[0]
            there = replace(target, address=address)
            with phases.phase("echo"):
                seen = await _echoes(address, await way(), deadline)
            if not seen.large.received:
                with phases.phase("closer"):
                    seen = await _closer(there, seen, deadline)
    except connect.NotConnected as error:
        return phases.result(error.state, str(error), Finding(f"mtu.{error.code}", str(error)))
    except TimeoutError:
        text = f"no end in {deadline:g} s"
        return phases.result(State.UNKNOWN, text, Finding("mtu.not-asked", text))
    state, code, text = judge(seen)
    return phases.result(state, text, *([Finding(code, text)] if code else []))


async def _echoes(address: str, means: Way, deadline: float) -> Seen:
    """One of each size, and two more where the large one was not answered: packets do get lost."""
    large = min(LARGE, known_mtu(address))
    small, big = await _both(address, means, large, 1, deadline)
    if not big.received:
        again = await _both(address, means, large, 2, deadline)
        small, big = sum_up([small, again[0]]), sum_up([big, again[1]])
    return Seen(small, big, told=large)


async def _both(
    address: str, means: Way, large: int, count: int, deadline: float
) -> tuple[Echo, Echo]:
    return await asyncio.gather(
        send(address, means, count, deadline=deadline, size=SMALL),
        send(address, means, count, deadline=deadline, size=large),
    )


async def _closer(there: Target, seen: Seen, deadline: float) -> Seen:
    """What passes, what we have been told to send, and whether TCP gets through all the same."""
    passes, segment = await asyncio.gather(
        _largest(there.address, await way(), seen, deadline), _by_tcp(there)
    )
    told = min(seen.told, known_mtu(there.address))
    return replace(seen, told=told, passes=passes, segment=segment)


async def _largest(address: str, means: Way, seen: Seen, deadline: float) -> int:
    if not seen.small.received:
        return 0
    sizes = [size for size in STEPS if size < seen.told]
    echoes = await asyncio.gather(
        *(send(address, means, 1, deadline=deadline, size=size) for size in sizes)
    )
    answered = [size for size, echo in zip(sizes, echoes, strict=True) if echo.received]
    return max(answered, default=SMALL)


async def _by_tcp(there: Target) -> Segment:
    services = there.host.services if there.host else ()
    port = next((number for name, number in map(split_service, services) if name == "smtp"), 0)
    return await _segment.send(replace(there, port=port)) if port else Segment()


def known_mtu(address: str) -> int:
    """The largest packet that our kernel sends there whole: its card's, or what a router told.

    ip(7) IP_MTU and ipv6(7) IPV6_MTU, of a socket that sends nothing.
    """
    is_v6 = ":" in address
    level, option = (41, 24) if is_v6 else (0, 14)
    try:
        with socket.socket(socket.AF_INET6 if is_v6 else socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.connect((address, 9))
            return one.getsockopt(level, option)
    except OSError:
        return LARGE


def judge(seen: Seen) -> tuple[State, str, str]:
    """State, finding code and words."""
    segment = seen.segment
    if seen.large.received:
        return State.OK, "", f"{seen.told:,} bytes pass"
    if seen.passes >= seen.told:
        return State.OK, "", f"{seen.told:,} bytes pass, and senders are told so"
    if segment.passes:
        return State.OK, "", f"{segment.size:,} bytes pass by TCP, large pings do not"
    if segment.passes is False:
        text = f"packets of {segment.size:,} bytes vanish{_what_passes(seen)}: TCP hangs on them"
        return State.CRITICAL, "path.mtu-black-hole", text
    if not seen.small.received:
        text = "not tried: neither ICMP nor SMTP answers"
        return State.UNKNOWN, "mtu.not-asked", text
    text = f"pings of {seen.told:,} bytes vanish{_what_passes(seen)}"
    return State.WARNING, "path.mtu-black-hole", text


def _what_passes(seen: Seen) -> str:
    return f", {seen.passes:,} pass" if seen.passes else ""
