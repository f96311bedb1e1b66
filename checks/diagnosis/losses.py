"""Which functions are lost to whom: seats that share a host, a domain, or nothing but mail. Pure.

A service that is down is lost whatever test mail did before. Of test mail, what fails counts
where nothing else of the same seat passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from checks.diagnosis.hit import Hit
from checks.diagnosis.people import FUNCTIONS, OUTSIDE, RECEIVE, Seat
from checks.diagnosis.sight import DARK, DOMAIN, LOST, USER, WORKS, Sight, earliest
from checks.diagnosis.words import sentence


class Group(Struct, frozen=True):
    """Seats to whom a function is lost, and what they have in common: a host, domain or user."""

    noun: str
    names: tuple[str, ...]
    seats: tuple[Seat, ...]

    @property
    def kind(self) -> str:
        """The kind of scope; of several hosts, domains or users, some of those that mail serves."""
        if self.noun == "all":
            return "all-users"
        return f"one-{self.noun}" if len(self.names) == 1 else "one-service"

    @property
    def row(self) -> str:
        """Its row in the severity table."""
        return "one_user" if self.noun == "user" else self.kind.replace("-", "_")


class Picture:
    """What is known of each function of each seat."""

    def __init__(self, seats: Sequence[Seat], services: Iterable[Sight], trips: Iterable[Sight]):
        self.seats = seats
        self._services = {(one.function, one.seat): one for one in services}
        self._trips: dict[tuple[str, Seat], list[Sight]] = {}
        for one in trips:
            self._trips.setdefault((one.function, one.seat), []).append(one)

    def word(self, function: str, seat: Seat) -> str:
        """Lost, works, dark, or empty where nothing is known."""
        service = self._services.get((function, seat))
        trips = {one.word for one in self._trips.get((function, seat), ())}
        if service is not None and service.word == LOST:
            comes_in = function == OUTSIDE and self._comes_in(seat.home)
            return WORKS if comes_in else LOST
        if trips:
            return WORKS if WORKS in trips else LOST
        return service.word if service is not None else ""

    def lost(self, function: str, seat: Seat) -> list[Sight]:
        """What shows that it is lost."""
        service = self._services.get((function, seat))
        found = [*self._trips.get((function, seat), ())]
        return [one for one in (*found, *([service] if service else [])) if one.word == LOST]

    def is_own(self, function: str, seat: Seat) -> bool:
        """Whether what is lost is the matter of this seat alone, like a password."""
        return all(one.reach == USER for one in self.lost(function, seat))

    def contradicted(self) -> Iterator[Sight]:
        """Mail that does not arrive at somebody whose other mail does."""
        for (function, seat), sights in self._trips.items():
            if function in (RECEIVE, OUTSIDE) and self.word(function, seat) == WORKS:
                yield from (one for one in sights if one.word == LOST)

    def arriving(self, function: str, source: str) -> set[Seat]:
        """To whom mail from that host is seen to come."""
        return {
            one.seat
            for (name, _), sights in self._trips.items()
            for one in sights
            if name == function and one.word == WORKS and one.source == source
        }

    def _comes_in(self, home: str) -> bool:
        """Whether mail from other hosts is seen to reach mailboxes there all the same."""
        return any(
            one.word == WORKS and one.source not in ("", home)
            for (function, seat), sights in self._trips.items()
            if function in (RECEIVE, OUTSIDE) and seat.home == home
            for one in sights
        )


def losses(picture: Picture, *, is_blind: bool) -> list[Hit]:
    """A hit for each group of seats, with all that it has lost.

    `is_blind` says that no service could be looked at for a reason that hits everybody.
    """
    lost = {one: [s for s in picture.seats if picture.word(one, s) == LOST] for one in FUNCTIONS}
    # Who cannot receive at all cannot from outside either.
    lost[OUTSIDE] = [seat for seat in lost[OUTSIDE] if seat not in lost[RECEIVE]]
    together: dict[tuple[str, tuple[str, ...]], dict[str, Group]] = {}
    for function, seats in lost.items():
        for group in _groups(picture, function, seats, is_blind=is_blind):
            together.setdefault((group.noun, group.names), {})[function] = group
    return [_hit(picture, groups) for groups in together.values()]


def _groups(
    picture: Picture, function: str, lost: Sequence[Seat], *, is_blind: bool
) -> Iterator[Group]:
    """The widest that fits what fails, and that nothing which works contradicts."""
    is_one_login = len(lost) == 1 and picture.is_own(function, lost[0])
    if lost and not is_one_login and _is_everybody(picture, function, lost, is_blind=is_blind):
        yield Group("all", (), tuple(lost))
        return
    left = list(lost)
    for noun in _order(picture, function, lost):
        names = _whole(picture, function, left, noun)
        inside = tuple(seat for seat in left if _name(noun, function, seat) in names)
        if inside:
            yield Group(noun, names, inside)
        left = [seat for seat in left if seat not in inside]
    if left:
        yield Group("user", tuple(seat.user for seat in left), tuple(left))


def _order(picture: Picture, function: str, lost: Sequence[Seat]) -> tuple[str, str]:
    """Where a host and a domain have the same people: what other hosts refuse is the domain."""
    reaches = {sight.reach for seat in lost for sight in picture.lost(function, seat)}
    return ("domain", "host") if DOMAIN in reaches and USER not in reaches else ("host", "domain")


def _name(noun: str, function: str, seat: Seat) -> str:
    return seat.host(function) if noun == "host" else seat.domain


def _whole(picture: Picture, function: str, lost: Sequence[Seat], noun: str) -> tuple[str, ...]:
    """The hosts or domains of which nobody is known to have the function."""
    found = []
    for name in dict.fromkeys(_name(noun, function, seat) for seat in lost):
        there = [seat for seat in picture.seats if _name(noun, function, seat) == name]
        fails = [seat for seat in there if seat in lost]
        is_one_login = len(fails) == 1 and picture.is_own(function, fails[0])
        others = {picture.word(function, seat) for seat in there if seat not in fails}
        if name and not is_one_login and not others & {WORKS, DARK}:
            found.append(name)
    return tuple(found)


def _is_everybody(picture: Picture, function: str, lost: Sequence[Seat], *, is_blind: bool) -> bool:
    """Whether nobody is left who has the function, or may have it."""
    hosts = set(_whole(picture, function, lost, "host"))
    for seat in picture.seats:
        word = picture.word(function, seat)
        # Of whom nothing is known counts as those of the same host; some have no part in it.
        is_like_the_lost = word == "" and seat.host(function) in (*hosts, "")
        if not (word == LOST or is_like_the_lost or (is_blind and word in (DARK, ""))):
            return False
    return True


def _hit(picture: Picture, groups: dict[str, Group]) -> Hit:
    """One group, with all the functions that it has lost."""
    group, functions = next(iter(groups.values())), tuple(groups)
    seats = tuple(dict.fromkeys(seat for one in groups.values() for seat in one.seats))
    sights = [
        one for name, each in groups.items() for s in each.seats for one in picture.lost(name, s)
    ]
    standings = tuple({one.id: one for sight in sights for one in sight.standings}.values())
    is_user, is_wide = group.noun == "user", group.noun == "all"
    in_part = functions == (OUTSIDE,) and not is_user and not is_wide
    is_login = is_user and all(one.reach == USER for one in sights)
    return Hit(
        kind=group.kind,
        row="part" if in_part else "canary" if is_login else group.row,
        text=sentence(group.noun, group.names, functions),
        names=group.names,
        functions=functions,
        seats=seats,
        cleared=tuple(
            seat
            for seat in picture.seats
            if all(picture.word(function, seat) == WORKS for function in functions)
        ),
        standings=standings,
        since=earliest(standings),
        is_outage=not is_user and not in_part,
    )
