"""Who uses mail: the canaries, and whoever is at home on a host that has none. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from checks.board import Board
from checks.model import Canary, Host

SEND = "send"
RECEIVE = "receive"
OUTSIDE = "receive from outside"
READ = "read mail"

FUNCTIONS = (SEND, RECEIVE, OUTSIDE, READ)
"""What people do with mail."""

SENDING = ("submission", "smtps")
READING = ("imap", "imaps", "pop3", "pop3s")
SERVICES = ("smtp", *SENDING, *READING)


class Seat(Struct, frozen=True):
    """Somebody who uses mail; without a `user`, everybody who is at home on a host.

    `home` holds the mailbox, `door` takes what they send; empty where that is not known.
    """

    user: str = ""
    domain: str = ""
    home: str = ""
    door: str = ""

    def host(self, function: str) -> str:
        """The host that `function` needs first."""
        return self.door if function == SEND else self.home


def seats(board: Board) -> list[Seat]:
    """Everybody of whom something can be known."""
    canaries = list(dict.fromkeys(_canaries(board)))
    homes, doors = {one.home for one in canaries}, {one.door for one in canaries}
    others = [
        Seat(
            home=host if reads and host not in homes else "",
            door=host if sends and host not in doors else "",
        )
        for host, reads, sends in _hosts(board)
    ]
    found = [*canaries, *(one for one in others if one.home or one.door)]
    # Nobody is known to live anywhere: then all that is known of mail is that it comes in.
    return found or [Seat()]


def seat_of(canary: Canary) -> Seat:
    """The seat of a canary."""
    home, door = canary.imap.host, canary.submission.host
    return Seat(canary.address, canary.domain, _name(home), _name(door))


def _name(host: Host | None) -> str:
    return host.name if host else ""


def _canaries(board: Board) -> Iterator[Seat]:
    for standing in board.standings.values():
        trip = standing.target.trip
        if trip is not None:
            yield from (seat_of(one) for one in (trip.sender, trip.recipient) if one is not None)


def _hosts(board: Board) -> Iterator[tuple[str, bool, bool]]:
    """Each host that offers services, whether one reads there, and whether one sends."""
    offered: dict[str, set[str]] = {}
    for one in board.standings.values():
        if one.target.about in SERVICES and one.host is not None:
            offered.setdefault(one.host.name, set()).add(one.target.about)
    for host, names in offered.items():
        yield host, bool(names & set(READING)), bool(names & set(SENDING))
