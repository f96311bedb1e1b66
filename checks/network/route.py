"""Where the way to a host ends: at the host, at its firewall, at a router, or at our own door.

Traceroute (RFC 792, time exceeded), asked seldom while all is well and when another check of the
host turns. A router that is silent may only be tired of answering (RFC 1812 4.3.2.8): what counts
is whether those behind it answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from checks import connect
from checks.facts import RouteFacts
from checks.model import CheckOptions, Finding, Result, State, System, Target, split_service
from checks.network._trace import Hop, How, own_address, probe, trace
from checks.phases import Phases

FINDINGS: dict[str, str] = {
    "path.port-dropped": "Packets reach the host, those to the service's port vanish.",
    "path.port-filtered": "A firewall on the way says that the service's port is forbidden.",
    "path.stops": "Nothing behind this router answers.",
    "path.no-way": "A router says that it has no way to the host.",
    "path.loop": "Routers send packets for the host round in a circle.",
    "path.no-neighbour": "The host is on our own network and does not answer there.",
    "path.no-route": "This machine itself has no way to the host.",
    "path.silent": "Nobody on the way answers, so that nothing can be said of it.",
    "route.name-not-found": "The host's name does not exist or has no address.",
    "route.resolver-failed": "The resolver could not answer, so nothing was traced.",
}

DIRECT_WITHIN = 2.0
"""Seconds for one connection to the service, which is as good as a trace when it opens."""

NEIGHBOUR_WITHIN = 3.3
"""Seconds until Linux gives a neighbour up: three ARP requests, a second apart (arp(7))."""

FAR = 64
"""The usual TTL."""


class Options(CheckOptions, frozen=True, kw_only=True):
    """``[check.route]``. Seldom, and never again at once: a trace is many packets."""

    interval: float = 300.0
    deadline: float = 8.0
    rest: float = 4.0
    failure_threshold: int = 2


class Seen(Struct, frozen=True):
    """What was found out: whether the service took a connection, and the hops by UDP and by TCP.

    `last` is what came of a packet that could go as far as it likes.
    """

    address: str
    port: int = 0
    is_open: bool = False
    by_udp: tuple[Hop, ...] = ()
    by_tcp: tuple[Hop, ...] = ()
    last: Hop = Hop(FAR)
    own: str = ""


def targets(system: System) -> list[Target]:
    """Every host."""
    return system.each_host("route")


async def check(target: Target, options: Options, *, deadline: float) -> Result:  # noqa: ARG001
    """Resolve, connect, trace; where the connection fails, trace to its port too."""
    phases = Phases()
    services = target.host.services if target.host else ()
    port = next((number for _, number in map(split_service, services)), 0)
    try:
        async with asyncio.timeout(deadline):
            with phases.phase("resolve"):
                address = (await connect.resolve(target, deadline=deadline))[0]
            with phases.phase("trace"):
                seen = await _look(replace(target, address=address, port=port))
    except connect.NotConnected as error:
        return phases.result(error.state, str(error), Finding(f"route.{error.code}", str(error)))
    except TimeoutError:
        text = f"no end in {deadline:g} s"
        return phases.result(State.UNKNOWN, text, Finding("path.silent", text))
    state, code, text = judge(seen)
    findings = [Finding(code, text)] if code else []
    return phases.result(state, text, *findings, evidence=_told(seen), facts=facts_of(seen))


def facts_of(seen: Seen) -> RouteFacts:
    """Who is on the way, and how long it is."""
    ways = (seen.by_udp, seen.by_tcp)
    routers = [hop.by for hops in ways for hop in hops if hop.how is How.PASSED_ON]
    return RouteFacts(
        seen.address,
        routers=tuple(dict.fromkeys(routers)),
        hops=next((len(hops) for hops in ways if _reaches(hops)), 0),
    )


async def _look(there: Target) -> Seen:
    address, port = there.address, there.port
    is_open, by_udp = await asyncio.gather(_opens(there), trace(address))
    seen = Seen(address, port, is_open, by_udp, own=own_address(address))
    if is_open or (not port and _reaches(by_udp)):
        return seen
    by_tcp, last = await asyncio.gather(
        trace(address, port) if port else asyncio.sleep(0, ()),
        probe(address, port, FAR, wait=NEIGHBOUR_WITHIN),
    )
    return replace(seen, by_tcp=by_tcp, last=last)


async def _opens(there: Target) -> bool:
    if not there.port:
        return False
    try:
        await connect.knock(there, deadline=DIRECT_WITHIN)
    except (connect.NotConnected, TimeoutError):
        return False
    return True


def judge(seen: Seen) -> tuple[State, str, str]:
    """State, finding code and words."""
    if seen.is_open or _reaches(seen.by_tcp) or (_reaches(seen.by_udp) and not seen.port):
        return State.OK, "", _way_to(seen)
    if seen.last.how is How.NO_WAY and seen.last.by == seen.own:
        text = "silent on our own network: off, unplugged, or its port on the switch is down"
        return State.WARNING, "path.no-neighbour", text
    if (forbidden := _complained(seen)) is not None:
        return forbidden
    if _reaches(seen.by_udp):
        text = f"the host is reached, packets to port {seen.port} vanish: its firewall, or one near"
        return State.WARNING, "path.port-dropped", text
    return _silent(seen, max(seen.by_tcp, seen.by_udp, key=len))


def _complained(seen: Seen) -> tuple[State, str, str] | None:
    """What a router or firewall has said of the way, if one did."""
    for hops in (seen.by_tcp, seen.by_udp, (seen.last,)):
        end = hops[-1] if hops else seen.last
        # A firewall behind the router's own count is heard of one hop late.
        ttl = next(hop.ttl for hop in hops or (end,) if hop.by == end.by)
        where = end.by if end is seen.last else f"{end.by}, hop {ttl},"
        if end.how is How.FILTERED:
            return State.WARNING, "path.port-filtered", f"{where} forbids port {seen.port}"
        if end.how is How.NO_WAY:
            return State.WARNING, "path.no-way", f"{where} has no way to it"
    return None


def _silent(seen: Seen, hops: Sequence[Hop]) -> tuple[State, str, str]:
    """What it means that the host is not reached and nobody says why."""
    answered = [hop for hop in hops if hop.by]
    if hops and hops[-1].how is How.NOT_SENT:
        return State.UNKNOWN, "path.no-route", "this machine has no way to it"
    if not answered:
        return State.UNKNOWN, "path.silent", "nobody on the way to it answers"
    names = [hop.by for hop in answered]
    if names.count(names[-1]) > 2:
        loop = dict.fromkeys(names[-3:])
        return State.WARNING, "path.loop", f"goes round in a circle: {', '.join(loop)}"
    last = answered[-1]
    text = f"stops behind {last.by}, hop {last.ttl}"
    # A host without a service need not answer UDP at all.
    return State.WARNING if seen.port else State.UNKNOWN, "path.stops", text


def _reaches(hops: Sequence[Hop]) -> bool:
    return bool(hops) and hops[-1].how is How.REACHED


def _way_to(seen: Seen) -> str:
    hops = next((one for one in (seen.by_udp, seen.by_tcp) if _reaches(one)), ())
    if not hops:
        return f"reached; the way answers up to hop {len(seen.by_udp)}"
    if len(hops) == 1:
        return "on our own network"
    return f"{len(hops)} hops, the last router {hops[-2].by or 'is silent'}"


def _told(seen: Seen) -> tuple[str, ...]:
    lines = []
    for how, hops in (("UDP", seen.by_udp), (f"TCP port {seen.port}", seen.by_tcp)):
        lines += [_line(how, hop) for hop in hops]
    return tuple(lines)


def _line(how: str, hop: Hop) -> str:
    if hop.how in (How.SILENT, How.NOT_SENT):
        return f"{how} {hop.ttl:>2}  {hop.how}"
    said = "" if hop.how in (How.PASSED_ON, How.REACHED) else f"  {hop.how}"
    return f"{how} {hop.ttl:>2}  {hop.by}  {hop.rtt * 1000:.1f} ms{said}"
