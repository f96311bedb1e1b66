"""Whether the host answers an ICMP echo request (RFC 792, RFC 4443), and in what time.

Where this user may send none, the time of a TCP answer stands in for it, and is called that. Many
hosts drop ICMP: no answer is no proof of a dead host, so it is a warning; services are asked
themselves.
"""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

from msgspec.structs import replace

from checks import connect
from checks.model import CheckOptions, Finding, Result, State, System, Target
from checks.network._echo import Echo, by_command, by_icmplib
from checks.network._knock import by_tcp
from checks.network._way import Means, Way, way
from checks.phases import Phases

FINDINGS: dict[str, str] = {
    "ping.no-answer": "No answer to ICMP; many hosts and firewalls drop it.",
    "ping.loss": "Some echo requests were answered and some were not.",
    "ping.unreachable": "A router says that it has no way to the host.",
    "ping.filtered": "A firewall says that ICMP to the host is forbidden.",
    "ping.not-sent": "Nothing could be sent: no network, no permission, no turn.",
    "ping.by-tcp": "This user can send no ICMP here; a TCP connection was timed instead.",
    "ping.name-not-found": "The host's name does not exist or has no address.",
    "ping.resolver-failed": "The resolver could not answer, so nothing was sent.",
}

AT_ONCE = 10
"""Hosts asked at the same time: with more, icmplib's round trips measure this machine's load."""


class Options(CheckOptions, frozen=True, kw_only=True):
    """`count` echo requests are sent, 0.2 s apart."""

    count: int = 2


def targets(system: System) -> list[Target]:
    """Every host."""
    return system.each_host("ping")


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Resolve the name, wait for a turn, send."""
    phases = Phases()
    try:
        async with asyncio.timeout(deadline):
            with phases.phase("resolve"):
                address = (await connect.resolve(target, deadline=deadline))[0]
            with phases.phase("turn"):
                means = await way()
                await _turns().acquire()
            try:
                with phases.phase("echo"):
                    echo = await _send(replace(target, address=address), means, options, deadline)
            finally:
                _turns().release()
    except connect.NotConnected as error:
        return phases.result(error.state, str(error), Finding(f"ping.{error.code}", str(error)))
    except TimeoutError:
        state, code, words = _LATE[phases.current]
        return phases.result(state, f"{words} in {deadline:g} s", Finding(code, words))
    state, code, text = judge(echo, means)
    findings = _findings(code, text, means)
    seen = f"{address}: {means}"
    return phases.result(state, text, *findings, metrics=_metrics(echo), evidence=(seen,))


_LATE = {
    "resolve": (State.UNKNOWN, "ping.resolver-failed", "the name was not resolved"),
    "turn": (State.UNKNOWN, "ping.not-sent", "no turn to send: too many pings under way"),
    "echo": (State.WARNING, "ping.no-answer", "no answer"),
}

_turns_of: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
"""A semaphore serves one event loop."""


def _turns() -> asyncio.Semaphore:
    return _turns_of.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))


async def _send(target: Target, means: Way, options: Options, deadline: float) -> Echo:
    match means.means:
        case Means.TCP:
            return await by_tcp(target, deadline=deadline)
        case Means.COMMAND:
            return await by_command(target.address, options.count, deadline=deadline)
        case Means.SOCKET | Means.RAW:
            return await by_icmplib(target.address, means.means, options.count)


async def how() -> Way:
    """How this user on this machine pings, and why not better; for `mailmedic doctor`."""
    return await way()


def judge(echo: Echo, means: Way) -> tuple[State, str, str]:
    """State, finding code and words for what came back."""
    protocol = "TCP" if means.means is Means.TCP else "ICMP"
    if not echo.sent:
        return State.UNKNOWN, "ping.not-sent", f"nothing could be sent: {echo.error}"
    if not echo.received and echo.is_filtered:
        return State.WARNING, "ping.filtered", f"a firewall forbids {protocol}: {echo.refusal}"
    if not echo.received and echo.refusal:
        return State.CRITICAL, "ping.unreachable", echo.refusal
    if not echo.received:
        return State.WARNING, "ping.no-answer", f"no answer to {protocol}"
    time = f"{(echo.rtt or 0) * 1000:.1f} ms"
    if echo.received < echo.sent:
        lost = echo.sent - echo.received
        return State.WARNING, "ping.loss", f"{lost} of {echo.sent} lost, {time}"
    return State.OK, "", f"{time} by tcp, not ICMP" if protocol == "TCP" else time


def _findings(code: str, text: str, means: Way) -> list[Finding]:
    found = [Finding(code, text)] if code else []
    if means.means is Means.TCP:
        found.append(Finding("ping.by-tcp", means.why))
    return found


def _metrics(echo: Echo) -> dict[str, float]:
    """`rtt` in seconds, `loss` as a share from 0 to 1; nothing when nothing was sent."""
    if not echo.sent:
        return {}
    loss = {"loss": 1 - echo.received / echo.sent}
    return loss if echo.rtt is None else {"rtt": echo.rtt} | loss
