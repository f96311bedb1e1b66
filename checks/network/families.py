"""Whether a host that is published with IPv4 and IPv6 addresses answers over both.

Clients try one family after the other (RFC 8305), so that a dead one shows as slowness, or as mail
that only some can send: a server that asks the host itself sees nothing wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from enum import StrEnum

from msgspec.structs import replace

from checks import connect
from checks.etc_hosts import address_literal
from checks.model import CheckOptions, Finding, Result, State, System, Target, split_service
from checks.phases import Phases

FINDINGS: dict[str, str] = {
    "path.ipv4-dead": "Services answer over IPv6 and not over IPv4, which most clients come by.",
    "path.ipv6-dead": "Services answer over IPv4 and not over IPv6, although it is published.",
    "path.family-not-tried": "This machine itself has no way in one of the two address families.",
    "families.name-not-found": "The host's name does not exist or has no address.",
    "families.resolver-failed": "The resolver could not answer, so nothing was compared.",
}

WAIT = 2.0
"""Seconds for one connection: long enough for a second try, should the first packet be lost."""

FUNCTIONS = (("smtp",), ("submission", "smtps"), ("imaps", "imap", "pop3s", "pop3"))
"""One service of each will do: a look at every port would fill the servers' logs."""


class Options(CheckOptions, frozen=True, kw_only=True):
    """``[check.families]``."""

    interval: float = 60.0


class Outcome(StrEnum):
    """What a connection came to."""

    OPEN = "open"
    NOT = "not"
    NOT_TRIED = "not tried"


def targets(system: System) -> list[Target]:
    """Every host with mail services whose address is a name: an address has but one family."""
    return [
        target
        for target in system.each_host("families")
        if target.host and ports(target.host.services) and not address_literal(target.address)
    ]


def ports(services: tuple[str, ...]) -> list[int]:
    """A port for each thing that people do with the host."""
    offered = dict(reversed([split_service(one) for one in services]))
    found = (next((offered[s] for s in names if s in offered), 0) for names in FUNCTIONS)
    return [port for port in found if port]


async def check(target: Target, options: Options, *, deadline: float) -> Result:  # noqa: ARG001
    """Resolve the name, and connect to the same ports over both families at once."""
    phases = Phases()
    wait = min(WAIT, deadline / 2)
    try:
        with phases.phase("resolve"):
            addresses = await connect.resolve(target, deadline=deadline - wait)
    except connect.NotConnected as error:
        finding = Finding(f"families.{error.code}", str(error))
        return phases.result(error.state, str(error), finding)
    v4 = next((one for one in addresses if ":" not in one), "")
    v6 = next((one for one in addresses if ":" in one), "")
    if not v4 or not v6:
        return phases.result(State.OK, f"only {'IPv6' if v6 else 'IPv4'} is published")
    numbers = ports(target.host.services) if target.host else []
    with phases.phase("connect"):
        over_4, over_6 = await asyncio.gather(
            _outcomes(target, v4, numbers, wait), _outcomes(target, v6, numbers, wait)
        )
    state, code, text = judge(over_4, over_6)
    evidence = (f"{v4}: {_told(over_4)}", f"{v6}: {_told(over_6)}")
    findings = [Finding(code, text)] if code else []
    mend = "a [[vantage]] that has it can show" if code == "path.family-not-tried" else ""
    return phases.result(state, text, *findings, evidence=evidence, mend=mend)


Outcomes = Mapping[int, Outcome]
"""By port."""


async def _outcomes(target: Target, address: str, numbers: list[int], wait: float) -> Outcomes:
    there = [replace(target, address=address, port=number) for number in numbers]
    found = await asyncio.gather(*(_outcome(one, wait) for one in there))
    return dict(zip(numbers, found, strict=True))


async def _outcome(target: Target, wait: float) -> Outcome:
    try:
        await connect.knock(target, deadline=wait)
    except connect.NotTried:
        return Outcome.NOT_TRIED
    except (connect.NotConnected, TimeoutError):
        return Outcome.NOT
    return Outcome.OPEN


def judge(over_4: Outcomes, over_6: Outcomes) -> tuple[State, str, str]:
    """State, finding code and words for what came of the same ports over each family."""
    for name, tried in (("IPv4", over_4), ("IPv6", over_6)):
        if Outcome.NOT_TRIED in tried.values():
            text = f"not compared: this machine has no way over {name}"
            return State.UNKNOWN, "path.family-not-tried", text
    only_6 = [port for port in over_4 if over_4[port] != over_6[port] == Outcome.OPEN]
    only_4 = [port for port in over_4 if over_6[port] != over_4[port] == Outcome.OPEN]
    if only_6:
        is_dead = Outcome.OPEN not in over_4.values()
        text = f"{_listed(only_6)} over IPv6 alone: who has only IPv4 does not get in"
        return State.CRITICAL if is_dead else State.WARNING, "path.ipv4-dead", text
    if only_4:
        text = f"{_listed(only_4)} over IPv4 alone: who tries IPv6 first waits"
        return State.WARNING, "path.ipv6-dead", text
    if Outcome.OPEN in over_4.values():
        return State.OK, "", "the same over IPv4 and IPv6"
    return State.OK, "", "no family is better: nothing answers over either"


def _listed(numbers: list[int]) -> str:
    return f"port{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def _told(outcomes: Outcomes) -> str:
    words = {Outcome.OPEN: "open", Outcome.NOT: "no connection", Outcome.NOT_TRIED: "not tried"}
    return ", ".join(f"{port} {words[one]}" for port, one in outcomes.items())
