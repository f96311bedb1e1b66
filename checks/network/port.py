"""Whether the TCP port of a service takes a connection.

Asked of the service that has no check of its own protocol yet: sieve (RFC 5804 section 1.8). An
open port says that something listens, not that it works.
"""

from __future__ import annotations

import asyncio
import time

from checks import connect
from checks.model import CheckOptions, Finding, Result, State, System, Target
from checks.phases import Phases

FINDINGS: dict[str, str] = connect.findings("port") | {
    "port.connect.slow": "The port is open, and getting there takes long.",
}


class Options(CheckOptions, frozen=True, kw_only=True):
    """`slow` is how many seconds resolving and connecting may take."""

    slow: float = 2.0


def targets(system: System) -> list[Target]:
    """The services that can only be asked whether their port is open."""
    return system.services("sieve")


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Resolve, connect, and hang up."""
    phases = Phases()
    failure: connect.NotConnected | TimeoutError | None = None
    began = time.monotonic()
    try:
        async with asyncio.timeout(deadline):
            connection = await connect.connect(target, phases, deadline=deadline)
        connection.close()
    except (connect.NotConnected, TimeoutError) as error:
        failure = error
    state, code, text = judge(failure, phases.current, time.monotonic() - began, options)
    note = getattr(failure, "note", connect.SILENCE)
    said = f"{text}; {note}" if failure and note else text
    return phases.result(state, text, *([Finding(code, said)] if code else []))


def judge(
    failure: connect.NotConnected | TimeoutError | None, phase: str, took: float, options: Options
) -> tuple[State, str, str]:
    """State, finding code and words for how `phase` ended after `took` seconds."""
    if isinstance(failure, connect.NotConnected):
        return failure.state, f"port.{failure.code}", str(failure)
    if failure is not None and phase == "resolve":
        return State.UNKNOWN, "port.resolver-failed", f"name not resolved in {took:.1f} s"
    if failure is not None:
        return State.CRITICAL, "port.connect.timeout", f"no answer to connect for {took:.1f} s"
    if took > options.slow:
        return State.WARNING, "port.connect.slow", f"open, but it took {took:.1f} s"
    return State.OK, "", "open"
