"""What people do with mail, and whether they can: the plain side of a board. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from checks.board import Board, Standing
from checks.facts import RoundTripFacts
from checks.model import State

WORKS, PARTLY, OUT, UNKNOWN = "works", "partly", "out", "unknown"

WORDS = {
    WORKS: "works",
    PARTLY: "works for some",
    OUT: "does not work",
    UNKNOWN: "not known",
}

SERVICES = {
    "Sending mail": (("submission", "smtps"), "send"),
    "Receiving mail": (("smtp",), "deliver"),
    "Reading mail": (("imap", "imaps", "pop3", "pop3s"), "read"),
    "Webmail": (("https",), ""),
}
"""Each with the services it needs one of, and the side of a round trip that shows it."""


class Component(Struct, frozen=True, kw_only=True):
    """Something that people do. `state` is a word of `WORDS`, `since` when it stopped to work."""

    name: str
    state: str
    since: datetime | None = None

    @property
    def is_broken(self) -> bool:
        """Whether it does not work for everybody."""
        return self.state in (OUT, PARTLY)


def components(board: Board) -> tuple[Component, ...]:
    """Those that the system offers."""
    trips = [one for one in board.standings.values() if one.target.trip is not None]
    found = []
    for name, (services, side) in SERVICES.items():
        offered = [one for one in board.standings.values() if one.target.about in services]
        if offered:
            stuck = [one for one in trips if _stops_at(one) == side]
            state = _state(offered, stuck, is_passed=any(_passes(one, side) for one in trips))
            failing = [one for one in offered if one.state == State.CRITICAL]
            sinces = [one.since for one in (*failing, *stuck) if one.since]
            since = min(sinces, default=None) if state in (OUT, PARTLY) else None
            found.append(Component(name=name, state=state, since=since))
    return tuple(found)


def _state(offered: Sequence[Standing], stuck: Sequence[Standing], *, is_passed: bool) -> str:
    """Out where no service is left, or where test mail stops and none gets past it."""
    states = [one.state for one in offered]
    if all(state == State.CRITICAL for state in states) or (stuck and not is_passed):
        return OUT
    if stuck or State.CRITICAL in states:
        return PARTLY
    return UNKNOWN if all(state in (None, State.UNKNOWN) for state in states) else WORKS


SIDES = ("send", "deliver", "read")
"""Of a round trip, in their order."""


def _stops_at(standing: Standing) -> str:
    """The side where it stops; a stranger who can't hand mail over shows that none is received."""
    facts = standing.result.facts if standing.result else None
    rung = facts.broken if isinstance(facts, RoundTripFacts) else None
    if standing.state != State.CRITICAL or rung is None:
        return ""
    is_stranger = standing.target.trip is not None and standing.target.trip.sender is None
    return "deliver" if is_stranger and rung.side == "send" else rung.side


def _passes(standing: Standing, side: str) -> bool:
    """Whether it shows that this side works."""
    if standing.state in (None, State.UNKNOWN) or not side:
        return False
    stop = _stops_at(standing)
    if standing.target.trip is not None and standing.target.trip.sender is None and side == "send":
        return False
    return SIDES.index(side) < SIDES.index(stop) if stop else standing.state != State.CRITICAL
