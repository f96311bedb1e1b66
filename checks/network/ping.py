"""Whether the host answers an ICMP echo request (RFC 792, RFC 4443), and in what time.

Where this user may send none, the time of a TCP answer stands in for it, and is called that. Many
hosts drop ICMP: no answer is no proof of a dead host, so it is a warning; services are asked
themselves. Loss and jitter are those of the last minute.
"""

from __future__ import annotations

import asyncio
import time
from weakref import WeakKeyDictionary

from msgspec.structs import replace

from checks import connect
from checks.model import CheckOptions, Finding, Result, State, System, Target
from checks.network._echo import Echo, send, sum_up
from checks.network._knock import by_tcp
from checks.network._minute import last, note
from checks.network._way import Means, Way, way
from checks.phases import Phases

FINDINGS: dict[str, str] = {
    "ping.no-answer": "No answer to ICMP; many hosts and firewalls drop it.",
    "ping.loss": "Of the last minute's echo requests more were lost than a good line loses.",
    "ping.unreachable": "A router says that it has no way to the host.",
    "ping.filtered": "A firewall says that ICMP to the host is forbidden.",
    "ping.not-sent": "Nothing could be sent: no network, no permission, no turn.",
    "ping.by-tcp": "This user can send no ICMP here; a TCP connection was timed instead.",
    "ping.name-not-found": "The host's name does not exist or has no address.",
    "ping.resolver-failed": "The resolver could not answer, so nothing was sent.",
}

AT_ONCE = 10
"""Hosts asked at the same time: with more, icmplib's round trips measure this machine's load."""


FIRST, MORE = 5, 5
"""Requests of the first look, and of a second one at once where some were lost: a share of two
packets tells nothing."""


class Options(CheckOptions, frozen=True, kw_only=True):
    """`count` echo requests are sent at a time; a `loss` of so much (0 to 1) in a minute is told.

    One in ten halves what TCP gets through (RFC 5348 3.1); one of a dozen may be chance.
    """

    count: int = 2
    loss: float = 0.1


def targets(system: System) -> list[Target]:
    """Every host."""
    return system.each_host("ping")


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Resolve the name, wait for a turn, send."""
    phases = Phases()
    echo: Echo | None = None
    try:
        async with asyncio.timeout(deadline):
            with phases.phase("resolve"):
                address = (await connect.resolve(target, deadline=deadline))[0]
            with phases.phase("turn"):
                means = await way()
                await _turns().acquire()
            there = replace(target, address=address)
            try:
                with phases.phase("echo"):
                    echo = await _send(there, means, _count(target, options), deadline)
                if 0 < echo.received < echo.sent:
                    with phases.phase("more"):
                        echo = sum_up([echo, await _send(there, means, MORE, deadline)])
            finally:
                _turns().release()
    except connect.NotConnected as error:
        return phases.result(error.state, str(error), Finding(f"ping.{error.code}", str(error)))
    except TimeoutError:
        if echo is None:
            state, code, words = _LATE[phases.current]
            return phases.result(state, f"{words} in {deadline:g} s", Finding(code, words))
    return _result(phases, target, f"{address}: {means}", echo, means, options)


def _result(
    phases: Phases, target: Target, seen: str, echo: Echo, means: Way, options: Options
) -> Result:
    minute = note(target.id, time.monotonic(), echo)
    state, code, text = judge(echo, minute, means, options)
    findings = _findings(code, text, means)
    told = f"last minute: {minute.sent} sent, {minute.received} answered"
    told += f", jitter {minute.jitter * 1000:.1f} ms" if minute.received else ""
    return phases.result(
        state, text, *findings, metrics=_metrics(echo, minute), evidence=(seen, told)
    )


_LATE = {
    "resolve": (State.UNKNOWN, "ping.resolver-failed", "the name was not resolved"),
    "turn": (State.UNKNOWN, "ping.not-sent", "no turn to send: too many pings under way"),
    "echo": (State.WARNING, "ping.no-answer", "no answer"),
}

_turns_of: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
"""A semaphore serves one event loop."""


def _turns() -> asyncio.Semaphore:
    return _turns_of.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))


def _count(target: Target, options: Options) -> int:
    """How many to send: more while the minute holds too few to tell a loss by."""
    known = last(target.id, time.monotonic()).sent
    return options.count if known + options.count > FIRST else FIRST


async def _send(target: Target, means: Way, count: int, deadline: float) -> Echo:
    if means.means is Means.TCP:
        return await by_tcp(target, deadline=deadline)
    return await send(target.address, means, count, deadline=deadline)


async def how() -> Way:
    """How this user on this machine pings, and why not better; for `mailmedic doctor`."""
    return await way()


def judge(echo: Echo, minute: Echo, means: Way, options: Options) -> tuple[State, str, str]:
    """State, finding code and words for what came back, now and in the last minute."""
    protocol = "TCP" if means.means is Means.TCP else "ICMP"
    if not echo.sent:
        return State.UNKNOWN, "ping.not-sent", f"nothing could be sent: {echo.error}"
    if not echo.received and echo.is_filtered:
        return State.WARNING, "ping.filtered", f"a firewall forbids {protocol}: {echo.refusal}"
    if not echo.received and echo.refusal:
        return State.CRITICAL, "ping.unreachable", echo.refusal
    if not echo.received:
        return State.WARNING, "ping.no-answer", f"no answer to {protocol}"
    took = f"{(echo.rtt or 0) * 1000:.1f} ms"
    lost = f"{minute.sent - minute.received} of {minute.sent} lost in the last minute"
    if minute.loss >= options.loss and minute.sent >= FIRST:
        return State.WARNING, "ping.loss", f"{lost}, {took}"
    text = f"{took} by tcp, not ICMP" if protocol == "TCP" else took
    return State.OK, "", f"{text}, {lost}" if minute.loss else text


def _findings(code: str, text: str, means: Way) -> list[Finding]:
    found = [Finding(code, text)] if code else []
    if means.means is Means.TCP:
        found.append(Finding("ping.by-tcp", means.why))
    return found


def _metrics(echo: Echo, minute: Echo) -> dict[str, float]:
    """`rtt` and `jitter` in seconds, `loss` as a share from 0 to 1; nothing when nothing was sent.

    While nothing is answered, the loss is that of this look.
    """
    if not echo.sent:
        return {}
    if echo.rtt is None:
        return {"loss": echo.loss}
    return {"rtt": echo.rtt, "loss": minute.loss, "jitter": minute.jitter}
