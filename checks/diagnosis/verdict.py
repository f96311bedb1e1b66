"""The verdict: what a board means for the people who send, receive and read mail. Pure.

Until there are causes, it rests on the hard states of the service checks, and of the round trips
of test mail (`canaries`), which tell whom it hits:

- *outage*: a service is down on every host that offers it, or test mail gets nowhere;
- *degraded*: something is wrong, and mail still has a way;
- *unknown*: nothing is known to be wrong, but of some service nothing could be found out;
- *healthy*: every service was seen to work.

What the site's own monitoring says is no ground for any of them: it is named beside *healthy*.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from checks.board import Board, Standing
from checks.diagnosis import canaries
from checks.model import Scope, Severity, State, Verdict

FUNCTIONS = {
    "receive": ("smtp",),
    "send": ("submission", "smtps"),
    "read mail": ("imap", "imaps", "pop3", "pop3s"),
}
"""What people do with mail, and the services that each of it needs one of."""

SERVICES = tuple(service for services in FUNCTIONS.values() for service in services)


MONITOR = "monitor"
"""The kind of check that asks the site's own monitoring."""


def judge(board: Board) -> Verdict:
    """The verdict on `board`."""
    services = [one for one in board.standings.values() if one.target.about in SERVICES]
    down = [one for one in services if one.state == State.CRITICAL]
    out = [service for service in SERVICES if _is_out(_of(services, service))]
    if out:
        return _outage(services, down, out)
    trips = canaries.judge(board)
    if trips is not None:
        return trips
    wrong = [
        one
        for one in board.standings.values()
        if one.state in (State.CRITICAL, State.WARNING) and not _is_excused(one, services)
    ]
    if wrong:
        return _degraded(down, wrong)
    dark = [service for service in SERVICES if _is_dark(_of(services, service))]
    if dark or not services:
        return _unknown(services, dark)
    summary = "every service answers"
    if canaries.arrives(board):
        summary += ", test mail arrives"
    alarmed = [one.id for one in board.standings.values() if _is_alarmed(one)]
    if alarmed:
        summary += f"; but {_listed(alarmed)} {'has' if len(alarmed) == 1 else 'have'} alerts"
    return Verdict(verdict="healthy", summary=summary, since=_latest(services))


def _is_alarmed(standing: Standing) -> bool:
    """Whether it is a monitor that says that something of ours is not well."""
    return standing.kind == MONITOR and standing.state in (State.CRITICAL, State.WARNING)


def _is_excused(standing: Standing, services: Sequence[Standing]) -> bool:
    """A monitor, whatever it says; a host that does not answer ping while a service of its does.

    Many networks drop ICMP.
    """
    if standing.kind == MONITOR:
        return True
    if standing.target.about != "ping" or standing.host is None:
        return False
    name = standing.host.name
    return any(one.state == State.OK for one in services if one.host and one.host.name == name)


def _of(services: Sequence[Standing], service: str) -> list[Standing]:
    return [one for one in services if one.target.about == service]


def _is_out(standings: Sequence[Standing]) -> bool:
    return bool(standings) and all(one.state == State.CRITICAL for one in standings)


def _is_dark(standings: Sequence[Standing]) -> bool:
    """Whether nothing is known of a service that somebody offers."""
    return bool(standings) and all(one.state in (None, State.UNKNOWN) for one in standings)


def _outage(services: Sequence[Standing], down: Sequence[Standing], out: list[str]) -> Verdict:
    offered = {
        function: [name for name in names if _of(services, name)]
        for function, names in FUNCTIONS.items()
    }
    lost = [
        function
        for function, names in offered.items()
        if names and all(name in out for name in names)
    ]
    everything = all(function in lost for function, names in offered.items() if names)
    if everything and len(lost) > 1:
        summary = "nobody can send, receive or read mail"
    elif lost:
        summary = "nobody can " + " or ".join(lost)
    else:
        summary = f"{_listed(out)} {'is' if len(out) == 1 else 'are'} down for everybody"
    return Verdict(
        verdict="outage",
        summary=summary,
        severity=Severity.SEV1 if lost else Severity.SEV2,
        since=_earliest(one for one in down if one.target.about in out),
        scope=Scope(
            kind="all-users" if lost else "one-service",
            summary=summary,
            affected=_ids(down),
            unaffected=_ids(one for one in services if one.state == State.OK),
        ),
    )


def _degraded(down: Sequence[Standing], wrong: Sequence[Standing]) -> Verdict:
    critical = [one for one in wrong if one.state == State.CRITICAL]
    worst_first = critical or wrong
    summary = _in_words(worst_first)
    hosts = {one.host.name for one in worst_first if one.host is not None}
    kind = "none"
    if critical:
        kind = "one-host" if len(hosts) == 1 else "one-service"
    return Verdict(
        verdict="degraded",
        summary=summary,
        severity=Severity.SEV3 if critical else Severity.SEV4,
        since=_earliest(wrong),
        scope=Scope(kind=kind, summary=summary, affected=_ids(down or worst_first)),
    )


def _unknown(services: Sequence[Standing], dark: list[str]) -> Verdict:
    if any(one.result is None or one.is_soft for one in services if one.state is None):
        return Verdict(verdict="unknown", summary="looking for the first time")
    if not services:
        return Verdict(verdict="unknown", summary="no mail service to look at")
    blind = [one for one in services if one.state == State.UNKNOWN]
    return Verdict(
        verdict="unknown",
        summary=f"could not look at {_listed(dark)}",
        since=_earliest(blind),
        scope=Scope(affected=_ids(blind)),
    )


def _in_words(standings: Sequence[Standing]) -> str:
    first = standings[0]
    summary = first.result.summary if first.result else ""
    more = f" (and {len(standings) - 1} more)" if len(standings) > 1 else ""
    return f"{first.id}: {summary}{more}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _ids(standings: Iterable[Standing]) -> tuple[str, ...]:
    return tuple(one.id for one in standings)


def _earliest(standings: Iterable[Standing]) -> datetime | None:
    return min((one.since for one in standings if one.since), default=None)


def _latest(standings: Iterable[Standing]) -> datetime | None:
    return max((one.since for one in standings if one.since), default=None)
