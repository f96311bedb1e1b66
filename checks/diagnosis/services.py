"""What the services of hosts show: which functions are lost there, and which ports alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from checks.board import Board, Standing
from checks.diagnosis.people import OUTSIDE, READ, READING, RECEIVE, SEND, SENDING, SERVICES, Seat
from checks.diagnosis.sight import DARK, LOST, WORKS, Sight
from checks.model import State

MTA_GONE = ("process.postfix.missing", "process.exim.missing")
STORE_GONE = ("process.dovecot.missing", "process.cyrus.missing")

HARMLESS = ("tls.expires-soon", "tls.intermediate.expires-soon")
"""Findings that are grave for tomorrow, and stop nobody today."""

STILL_TAKEN = ("tls.", "smtp.starttls.")
"""Findings on port 25 that stop no mail: other servers deliver without a good certificate
(RFC 7435, opportunistic security)."""


class Services:
    """The mail services of a board, by host and name."""

    def __init__(self, board: Board) -> None:
        self._offered: dict[str, dict[str, list[Standing]]] = {}
        self._gone: dict[str, dict[str, Standing]] = {}
        for one in board.standings.values():
            if one.host is not None and one.target.about in SERVICES:
                names = self._offered.setdefault(one.host.name, {})
                names.setdefault(one.target.about, []).append(one)
            elif one.host is not None and one.state == State.CRITICAL and one.confirmed:
                for code in one.confirmed.codes:
                    self._gone.setdefault(one.host.name, {})[code] = one

    @property
    def standings(self) -> list[Standing]:
        """All of them."""
        return [one for names in self._offered.values() for some in names.values() for one in some]

    def offers(self, name: str) -> dict[str, list[Standing]]:
        """The hosts that offer a service, with its standings there."""
        return {host: names[name] for host, names in self._offered.items() if name in names}

    def of(self, host: str, names: Iterable[str]) -> list[Standing]:
        """The standings of those services of a host."""
        there = self._offered.get(host, {})
        return [one for name in names for one in there.get(name, ())]

    def told(self) -> set[str]:
        """Those whose own checks say what they lack.

        All that are down; what is not as it should be, where another service does the same.
        """
        found = {one.id for one in self.standings if is_down(one)}
        for host in self._offered:
            for purpose in (SENDING, READING):
                there = self.of(host, purpose)
                if any(one.state == State.OK for one in there):
                    found |= {one.id for one in there if one.state == State.WARNING}
        return found

    def gone(self, host: str, codes: Iterable[str]) -> list[Standing]:
        """What shows that a program of the host is not running."""
        there = self._gone.get(host, {})
        return [there[code] for code in codes if code in there]

    def sights(self, seats: Iterable[Seat]) -> Iterator[Sight]:
        """What the services show for each seat. That a port answers says nothing of delivery."""
        for seat in seats:
            yield from self._sight(SEND, seat, seat.door, SENDING, MTA_GONE)
            yield from self._sight(READ, seat, seat.home, READING, STORE_GONE)
            if any(self.of(seat.home, (name,)) for name in SENDING):
                everything = ("smtp", *SENDING)
                found = self._sight(RECEIVE, seat, seat.home, everything, MTA_GONE)
                yield from (one for one in found if one.word == LOST)
            yield from (one for one in self._from_outside(seat) if one.word == LOST)

    def _sight(
        self, function: str, seat: Seat, host: str, names: Sequence[str], gone: Sequence[str]
    ) -> Iterator[Sight]:
        found = self.of(host, names)
        missing = self.gone(host, gone)
        word = _word(found)
        if word == DARK and missing:
            yield Sight(function, seat, LOST, tuple(missing))
        elif word:
            yield Sight(function, seat, word, (*found, *missing) if word == LOST else tuple(found))

    def _from_outside(self, seat: Seat) -> Iterator[Sight]:
        """Through port 25 of the mailbox' own host; where that has none, through any."""
        ways = {seat.home: self.of(seat.home, ("smtp",))}
        if not ways[seat.home]:
            ways = self.offers("smtp")
        found = [one for some in ways.values() for one in some]
        missing = [one for host in ways for one in self.gone(host, MTA_GONE)]
        word = _word(found)
        if word == DARK and len(missing) == len(ways):
            yield Sight(OUTSIDE, seat, LOST, tuple(missing))
        elif word:
            yield Sight(OUTSIDE, seat, word, tuple(found))


def is_down(standing: Standing) -> bool:
    """Whether the service does not do what it is for."""
    if standing.state != State.CRITICAL:
        return False
    codes = standing.confirmed.codes if standing.confirmed else ()
    spared = STILL_TAKEN if standing.target.about == "smtp" else HARMLESS
    return not codes or not all(code.startswith(spared) for code in codes)


def is_up(standing: Standing) -> bool:
    """Whether it was seen to do what it is for."""
    return not is_down(standing) and not is_dark(standing)


def is_dark(standing: Standing) -> bool:
    """Whether nothing is known of it."""
    return standing.state in (None, State.UNKNOWN)


def _word(standings: Sequence[Standing]) -> str:
    """What services for the same purpose show together; empty where there are none."""
    if not standings:
        return ""
    if all(map(is_down, standings)):
        return LOST
    return WORKS if any(map(is_up, standings)) else DARK
