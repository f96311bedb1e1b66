"""What another device reaches and we do not: our own way is broken, and nobody's mail. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from checks.board import Board, Standing
from checks.facts import VantageFacts
from checks.model import State

BY_OUR_WAY = ("ping", "port", "route", "mtu", "families", "tls")
"""Checks of a host that tell of the way from here as much as of the host."""


def without_our_own_way(board: Board) -> Board:
    """`board` without what fails from here alone; the vantage point's own check says that."""
    ours = _only_here(board)
    hosts = {board.standings[one].host for one in ours if one in board.standings}
    if not hosts:
        return board
    kept = {
        id_: one
        for id_, one in board.standings.items()
        if not (id_ in ours or _goes_by(one, ours) or (one.host in hosts and _is_of_the_way(one)))
    }
    return replace(board, standings=kept)


def _only_here(board: Board) -> set[str]:
    """The checks of what a vantage point is known to reach, and we are known not to."""
    return {
        sight.check
        for one in board.standings.values()
        if one.confirmed is not None and isinstance(one.confirmed.facts, VantageFacts)
        for sight in one.confirmed.facts.sights
        if sight.is_known and not sight.opens_here and sight.opens_there
    }


def _goes_by(standing: Standing, ours: set[str]) -> bool:
    trip = standing.target.trip
    return (
        trip is not None
        and standing.state != State.OK
        and bool({trip.door.id, trip.recipient.imap.id} & ours)
    )


def _is_of_the_way(standing: Standing) -> bool:
    return standing.host is not None and standing.target.about in BY_OUR_WAY
