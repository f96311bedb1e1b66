"""Whether another device reaches what we reach: down from everywhere, or only from here.

The same TCP connections and echo requests, at the same moment, from here and from there: one
command through the device's login, with whatever tool it has (`_errand`). A connection that opens
and is closed is all that the services see.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from checks import connect
from checks.facts import Sight, VantageFacts
from checks.hosts import FINDINGS as LOGIN_FINDINGS
from checks.hosts import LoginError
from checks.model import (
    SERVICE_PORTS,
    CheckOptions,
    Finding,
    Result,
    State,
    System,
    Target,
    Vantage,
)
from checks.network import _errand
from checks.network._echo import send
from checks.network._errand import Outcome
from checks.network._way import way
from checks.phases import Phases
from checks.text import visible

FINDINGS: dict[str, str] = LOGIN_FINDINGS | {
    "vantage.everywhere": "What we do not reach the other device does not reach either.",
    "vantage.only-here": "The other device reaches what we do not: the fault is on our own way.",
    "vantage.only-there": "We reach what the other device does not: the fault is on its way.",
    "vantage.no-tool": "The device has nothing to connect with: no bash, nc, curl or openssl.",
    "vantage.no-answer": "The device answered something else than what it was asked.",
}

TARGETS_LIMIT = 120
"""Things asked at most: three rounds of 40, of 3 s each if none of them answers."""

NAMED = 3
"""Places that a summary names before it counts."""


class Options(CheckOptions, frozen=True, kw_only=True):
    """``[check.vantage]``."""

    interval: float = 30.0
    deadline: float = 15.0


def targets(system: System) -> list[Target]:
    """Every vantage point; each is asked about all services, and about hosts that have none."""
    services = system.services(*SERVICE_PORTS)
    bare = [one for one in system.each_host("ping") if one.host and not one.host.services]
    return [
        Target(
            name=vantage.name,
            about="vantage",
            resolver=system.resolver,
            vantage=replace(
                vantage,
                asks=tuple(one for one in (*services, *bare) if not _is_itself(vantage, one))[
                    :TARGETS_LIMIT
                ],
            ),
        )
        for vantage in system.vantages
    ]


def _is_itself(vantage: Vantage, target: Target) -> bool:
    """Whether the device would be asked about itself."""
    login = target.host.login if target.host else None
    return login is not None and login.name == vantage.login.name


async def check(target: Target, options: Options, *, deadline: float) -> Result:  # noqa: ARG001
    """Resolve here, try from both sides at once, compare."""
    phases = Phases()
    vantage = target.vantage
    if vantage is None:
        return phases.result(State.UNKNOWN, "no device to ask from")
    with phases.phase("resolve"):
        places = await asyncio.gather(*(_place(one, deadline / 4) for one in vantage.asks))
    command = _errand.argv([(one.address, one.port) for one in places])
    try:
        with phases.phase("ask"):
            here, output = await asyncio.gather(
                asyncio.gather(*map(_from_here, places)),
                vantage.login.run(command, deadline=deadline * 3 / 4, limit=_errand.ANSWER_LIMIT),
            )
    except LoginError as error:
        text = visible(str(error), 200)
        return phases.result(State.UNKNOWN, text, Finding(error.code, text))
    answer = _errand.read(output.stdout, len(places))
    if not answer.tool:
        return _no_answer(phases, target.name, output.stdout)
    sights = tuple(
        Sight(one.id, one.name, mine, answer.outcomes.get(number, Outcome.UNCLEAR))
        for number, (one, mine) in enumerate(zip(vantage.asks, here, strict=True))
    )
    state, findings = judge(target.name, sights)
    text = findings[0].text if findings else _fine(target.name, sights)
    facts = VantageFacts(answer.tool, sights)
    told = tuple(f"{one.name}: here {one.here}, {target.name} {one.there}" for one in sights)
    evidence = (f"{target.name} asks with {answer.tool}", *told)
    return phases.result(state, text, *findings, evidence=evidence, facts=facts)


def _no_answer(phases: Phases, name: str, said: bytes) -> Result:
    if said.startswith(b"tool none"):
        text = f"{name} has nothing to connect with"
        mend = f"install bash, nc, curl or openssl on {name}"
        finding = Finding("vantage.no-tool", text)
        return phases.result(State.UNKNOWN, text, finding, mend=mend)
    text = f"{name} answers something else: {visible(said[:200]) or 'nothing'}"
    return phases.result(State.UNKNOWN, text, Finding("vantage.no-answer", text))


async def _place(target: Target, deadline: float) -> Target:
    """`target` by the address that we know it by; by its name where we know none."""
    try:
        return replace(target, address=(await connect.resolve(target, deadline=deadline))[0])
    except connect.NotConnected:
        return target


async def _from_here(place: Target) -> Outcome:
    if place.port == _errand.PING:
        echo = await send(place.address, await way(), 1, deadline=_errand.SECONDS)
        answered = Outcome.OPEN if echo.received else Outcome.DROPPED
        return answered if echo.sent else Outcome.UNCLEAR
    try:
        await connect.knock(place, deadline=_errand.SECONDS)
    except (connect.NotConnected, TimeoutError) as failure:
        return _OUTCOMES.get(type(failure), Outcome.UNCLEAR)
    return Outcome.OPEN


_OUTCOMES: dict[type[Exception], Outcome] = {
    connect.Refused: Outcome.REFUSED,
    connect.Unreachable: Outcome.UNREACHABLE,
    connect.Filtered: Outcome.UNREACHABLE,
    TimeoutError: Outcome.DROPPED,
}


def judge(name: str, sights: Sequence[Sight]) -> tuple[State, list[Finding]]:
    """The state and what was found, seen from the device of that name."""
    known = [one for one in sights if one.is_known]
    only_here = [one for one in known if not one.opens_here and one.opens_there]
    only_there = [one for one in known if one.opens_here and not one.opens_there]
    everywhere = [one for one in known if not one.opens_here and not one.opens_there]
    found = [
        (everywhere, "vantage.everywhere", f"down from {name} too: {{}}"),
        (only_here, "vantage.only-here", f"only from here: {name} reaches {{}}, we do not"),
        (only_there, "vantage.only-there", f"only from {name}: we reach {{}}, it does not"),
    ]
    findings = [Finding(code, text.format(_listed(those))) for those, code, text in found if those]
    if findings:
        return State.WARNING, findings
    return (State.OK if known else State.UNKNOWN), []


def _listed(sights: Sequence[Sight]) -> str:
    names = [one.name for one in sights[:NAMED]]
    more = len(sights) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _fine(name: str, sights: Sequence[Sight]) -> str:
    known = sum(one.is_known for one in sights)
    if not known:
        return f"nothing could be asked from {name}"
    return f"{name} reaches all {known}, as we do"
