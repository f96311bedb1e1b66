"""What the round trips of test mail show, for those who sent it and those it was for. Pure.

A trip that stops tells against the side on which it stops, and for those before it. Mail that
waits tells nothing until it is late; sooner where nothing at all arrives, or a queue says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from checks.board import Board, Standing
from checks.diagnosis.people import OUTSIDE, READ, RECEIVE, SEND, Seat, seat_of
from checks.diagnosis.services import is_dark, is_down
from checks.diagnosis.sight import DOMAIN, HOST, LOST, USER, WORKS, Sight
from checks.facts import Facts, LogFacts, QueueFacts, RoundTripFacts
from checks.model import State, Trip

BEFORE_LOGIN = ("resolve", "connect", "greet", "tls")
"""Rungs that are a service's, which has a check of its own."""

ITS_OWN = ("roundtrip.auth.failed", "roundtrip.login.failed")
"""Findings that are the matter of one user, as long as it is one."""

LATE = ("roundtrip.delayed", "roundtrip.lost")
WAITS = "roundtrip.pending"
REASONS = ("queue.reason.dns", "queue.reason.local-service")
"""What a queue says of mail that does not get on by waiting: greylisting and a reload do not."""


LONG = 30
"""Messages in a queue's active part that make a new one wait its turn."""


class Way(Struct, frozen=True):
    """One trip of which something is known, with what its confirmed result holds."""

    standing: Standing
    trip: Trip
    facts: RoundTripFacts
    codes: tuple[str, ...]

    @property
    def recipient(self) -> Seat:
        """Whom it is for."""
        return seat_of(self.trip.recipient)

    @property
    def source(self) -> str:
        """The host that took the message."""
        return self.trip.door.host.name if self.trip.door.host else ""

    @property
    def receiving(self) -> str:
        """How the recipient gets it."""
        return OUTSIDE if self.trip.sender is None else RECEIVE

    def broken(self, side: str) -> str:
        """The rung of that side on which it is known to stop."""
        if self.standing.state != State.CRITICAL:
            return ""
        rungs = (one for one in self.facts.rungs if one.side == side and one.status == "broken")
        return next((one.name for one in rungs), "")

    def passed(self, side: str, name: str) -> bool:
        """Whether it came by that rung, and no other of that side is wrong."""
        rungs = {one.name: one.status for one in self.facts.rungs if one.side == side}
        return rungs.get(name) == "passed" and not {"broken", "poor"} & set(rungs.values())


def ways(board: Board) -> list[Way]:
    """The trips of which something is known."""
    found = []
    for one in board.standings.values():
        trip, result = one.target.trip, one.confirmed
        if trip is not None and result and isinstance(result.facts, RoundTripFacts):
            found.append(Way(one, trip, result.facts, result.codes))
    return found


def is_explained(board: Board, standing: Standing) -> bool:
    """Whether a trip fails as a service on its way does, or is as dark: no try tells more."""
    trip = standing.target.trip
    if trip is None:
        return False
    codes = standing.result.codes if standing.result else ()
    needed = {trip.door.id, trip.recipient.imap.id}
    home = trip.recipient.imap.host
    if WAITS in codes and home is not None:
        needed |= {one.id for one in board.standings.values() if _takes_mail(one, home.name)}
    there = [board.standings[one] for one in needed if one in board.standings]
    return any(is_down(one) or (is_dark(one) and one.state is not None) for one in there)


def _takes_mail(standing: Standing, host: str) -> bool:
    return (
        standing.target.about == "smtp"
        and standing.host is not None
        and (standing.host.name == host)
    )


def sights(board: Board, found: Sequence[Way], told: set[str]) -> list[Sight]:
    """What they show. What is wrong with a service itself is `told` by its own check."""
    shown = [sight for way in found for sight in _talked(way, told)]
    can_send = {one.seat for one in shown if one.function == SEND and one.word == WORKS}
    for way in found:
        if not _is_in_line(board, way):
            shown += _handed_over(way, can_send, told)
    return [*shown, *_waiting(board, found, shown)]


def _talked(way: Way, told: set[str]) -> Iterator[Sight]:
    """What the two dialogues show, for the sender and for the reader."""
    standing = (way.standing,)
    if way.trip.sender is not None:
        seat, rung = seat_of(way.trip.sender), way.broken("send")
        if rung and rung != "submit" and not (rung in BEFORE_LOGIN and way.trip.door.id in told):
            yield Sight(SEND, seat, LOST, standing, _reach(way, rung))
        elif way.passed("send", "submit"):
            yield Sight(SEND, seat, WORKS, standing)
    rung = way.broken("read")
    if rung and not (rung in BEFORE_LOGIN and way.trip.recipient.imap.id in told):
        yield Sight(READ, way.recipient, LOST, standing, _reach(way, rung))
    elif way.passed("read", "log in"):
        yield Sight(READ, way.recipient, WORKS, standing)


def _reach(way: Way, rung: str) -> str:
    return USER if rung == "log in" and set(ITS_OWN) & set(way.codes) else HOST


def _handed_over(way: Way, can_send: set[Seat], told: set[str]) -> Iterator[Sight]:
    """What became of the message: refused, arrived or lost.

    A message that is refused tells against its recipient when the sender's other mail goes.
    """
    standing = (way.standing,)
    recipient, sender = way.recipient, way.trip.sender
    if way.broken("send") == "submit":
        if sender is not None and seat_of(sender) not in can_send:
            yield Sight(SEND, seat_of(sender), LOST, standing)
        else:
            reach = HOST if way.source == recipient.home else DOMAIN
            yield Sight(way.receiving, recipient, LOST, standing, reach, way.source)
    elif way.broken("send") in BEFORE_LOGIN:
        if sender is None and way.trip.door.id not in told:
            yield Sight(OUTSIDE, recipient, LOST, standing, HOST, way.source)
    elif way.facts.took is not None and not way.facts.waiting:
        yield Sight(way.receiving, recipient, WORKS, standing, source=way.source)
    elif way.broken("deliver") or (_is_late(way) and not way.broken("read")):
        yield Sight(way.receiving, recipient, LOST, standing, HOST, way.source)


def _is_late(way: Way) -> bool:
    return bool(way.facts.waiting) and bool(set(LATE) & set(way.codes))


def _is_in_line(board: Board, way: Way) -> bool:
    """Whether it waits behind many others in a queue that moves, as the host's log shows."""
    for host in (way.source, way.recipient.home):
        queue, log = _facts(board, f"queue/{host}"), _facts(board, f"logs/{host}")
        is_long = isinstance(queue, QueueFacts) and queue.active >= LONG
        moved = log.last_delivery if isinstance(log, LogFacts) else None
        if is_long and moved and way.facts.sent_at and moved > way.facts.sent_at:
            return True
    return False


def _facts(board: Board, check: str) -> Facts | None:
    standing = board.standings.get(check)
    return standing.confirmed.facts if standing and standing.confirmed else None


def _waiting(board: Board, found: Sequence[Way], shown: Sequence[Sight]) -> list[Sight]:
    """Mail that waits on several ways at once, and why that is not just a little late."""
    pending = [
        way
        for way in found
        if WAITS in way.codes
        and way.standing.state == State.UNKNOWN
        and not _is_in_line(board, way)
    ]
    arrives = {
        one.seat.home for one in shown if one.function in (RECEIVE, OUTSIDE) and one.word == WORKS
    }
    blamed = [
        way
        for way in pending
        if (way.recipient.home not in arrives and _count(pending, way, same_source=False) > 1)
        or (_complains(board, way.source) and _count(pending, way, same_source=True) > 1)
    ]
    return [
        Sight(way.receiving, way.recipient, LOST, (way.standing,), HOST, way.source)
        for way in blamed
    ]


def _count(pending: Iterable[Way], way: Way, *, same_source: bool) -> int:
    """How many messages wait that are for the same host, and from the same one if so asked."""
    return sum(
        one.recipient.home == way.recipient.home and (one.source == way.source or not same_source)
        for one in pending
    )


def _complains(board: Board, host: str) -> bool:
    """Whether the queue of that host names a reason that waiting does not mend."""
    queue = board.standings.get(f"queue/{host}")
    return (
        queue is not None
        and queue.confirmed is not None
        and bool(set(REASONS) & set(queue.confirmed.codes))
    )
