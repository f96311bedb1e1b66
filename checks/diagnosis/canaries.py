"""Whom it hits, by the round trips of test mail: one user, domain or host, or everybody. Pure.

A trip that fails on one of its sides accuses the user, the domain and the host of that side; one
that passes clears them. What every failing trip accuses and none clears is the scope; where
several fit, the broken rung decides: a login is a user's, a door is a host's, a refusal a domain's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from checks.board import Board, Standing
from checks.facts import RoundTripFacts
from checks.model import Scope, Severity, State, Trip, Verdict

_FIRST = {
    "log in": ("one-user", "one-domain", "one-host"),
    "list": ("one-user", "one-domain", "one-host"),
    "fetch": ("one-user", "one-domain", "one-host"),
    "submit": ("one-domain", "one-user", "one-host"),
    "deliver": ("one-domain", "one-user", "one-host"),
}
_ELSE = ("one-host", "one-domain", "one-user")
"""Which scope is the likelier one, by the rung that is broken; when unsure the wider one."""

SEVERITIES = {
    "one-user": Severity.SEV4,
    "one-domain": Severity.SEV2,
    "one-host": Severity.SEV3,
    "one-service": Severity.SEV2,
    "all-users": Severity.SEV1,
}


class Side(Struct, frozen=True):
    """What one side of a trip tells: what people do there, and who is on it."""

    function: str
    user: str
    domain: str
    host: str

    def of(self, kind: str) -> str:
        """The user, domain or host: whom a scope of that kind would name."""
        return {"one-user": self.user, "one-domain": self.domain, "one-host": self.host}[kind]


class Failure(Struct, frozen=True):
    """A trip that does not get through: where."""

    standing: Standing
    side: Side
    rung: str


def judge(board: Board) -> Verdict | None:
    """The verdict of the trips alone; None when none of them is known to fail."""
    trips = [(one, one.target.trip) for one in board.standings.values()]
    known = [(one, trip) for one, trip in trips if trip is not None and _is_known(one)]
    cleared = [side for one, trip in known for side in _cleared(one, trip)]
    failures = [_failure(one, trip, cleared) for one, trip in known if _fails(one)]
    if not failures:
        return None
    lost = [name for name in _functions(failures) if name not in {one.function for one in cleared}]
    is_one_login = len({one.side.user for one in failures}) == 1 and failures[0].rung == "log in"
    if lost and not is_one_login:
        return _verdict("all-users", (), lost, failures, cleared)
    kind, name = _scope(failures, cleared)
    return _verdict(kind, (name,) if name else (), _functions(failures), failures, cleared)


def arrives(board: Board) -> bool:
    """Whether test mail is known to arrive, on every trip of which something is known."""
    trips = [one for one in board.standings.values() if one.target.trip is not None]
    return any(_is_known(one) for one in trips) and all(
        one.state == State.OK for one in trips if _is_known(one)
    )


def _is_known(standing: Standing) -> bool:
    return standing.state not in (None, State.UNKNOWN)


def _fails(standing: Standing) -> bool:
    return standing.state == State.CRITICAL


def _sides(trip: Trip) -> dict[str, Side]:
    home = trip.recipient.imap.host
    store = home.name if home else ""
    address, domain = trip.recipient.address, trip.recipient.domain
    door = trip.door.host.name if trip.door.host else ""
    if trip.sender is None:
        outside = "receive from outside"
        send = Side(outside, address, domain, door)
        return {
            "send": send,
            "deliver": Side(outside, address, domain, store),
            "read": Side("read mail", address, domain, store),
        }
    return {
        "send": Side("send", trip.sender.address, trip.sender.domain, door),
        "deliver": Side("receive", address, domain, store),
        "read": Side("read mail", address, domain, store),
    }


def _broken(standing: Standing) -> tuple[str, str]:
    """The side and the rung where it stops; before that is known again, the mail's own way."""
    facts = standing.result.facts if standing.result else None
    rung = facts.broken if isinstance(facts, RoundTripFacts) else None
    return (rung.side, rung.name) if rung else ("deliver", "deliver")


def _failure(standing: Standing, trip: Trip, cleared: Sequence[Side]) -> Failure:
    """A message that is refused tells against its recipient when the sender's other mail goes."""
    side, rung = _broken(standing)
    sides = _sides(trip)
    can_send = any(one.function == "send" and one.user == sides["send"].user for one in cleared)
    if rung == "submit" and can_send:
        side = "deliver"
    return Failure(standing, sides[side], rung)


def _cleared(standing: Standing, trip: Trip) -> list[Side]:
    """The sides that a trip shows to work: all of them, or those before the one that is broken."""
    sides = _sides(trip)
    if not _fails(standing):
        return [*sides.values()]
    before = {"send": (), "deliver": ("send",), "read": ("send",)}[_broken(standing)[0]]
    return [sides[name] for name in before]


def _functions(failures: Iterable[Failure]) -> list[str]:
    return list(dict.fromkeys(one.side.function for one in failures))


def _scope(failures: Sequence[Failure], cleared: Sequence[Side]) -> tuple[str, str]:
    """The kind of scope that fits, and whom it names."""
    for kind in _FIRST.get(failures[0].rung, _ELSE):
        accused = {one.side.of(kind) for one in failures}
        functions = _functions(failures)
        innocent = {one.of(kind) for one in cleared if one.function in functions}
        if len(accused) == 1 and not accused & innocent:
            return kind, accused.pop()
    users = {one.side.user for one in failures}
    return ("one-user", users.pop()) if len(users) == 1 else ("one-service", "")


def _verdict(
    kind: str,
    names: tuple[str, ...],
    functions: Sequence[str],
    failures: Sequence[Failure],
    cleared: Sequence[Side],
) -> Verdict:
    # Who cannot receive at all cannot from outside either.
    what = " or ".join(
        one for one in functions if one != "receive from outside" or "receive" not in functions
    )
    users = tuple(dict.fromkeys(one.side.user for one in failures))
    summary = {
        "all-users": f"nobody can {what}",
        "one-host": f"through {', '.join(names)} nobody can {what}",
        "one-service": f"some cannot {what}",
    }.get(kind, f"{', '.join(names)} cannot {what}")
    fine = dict.fromkeys(one.user for one in cleared if one.function in functions)
    sinces = [one.standing.since for one in failures if one.standing.since]
    return Verdict(
        verdict="outage" if kind == "all-users" else "degraded",
        summary=summary,
        severity=SEVERITIES[kind],
        since=min(sinces, default=None),
        scope=Scope(
            kind=kind,
            summary=summary,
            affected=names or users,
            unaffected=tuple(user for user in fine if user not in users),
        ),
    )
