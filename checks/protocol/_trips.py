"""Which trips there are: so that every canary, domain and host is covered. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.model import Canary, System, Target, Trip


def trips(system: System) -> list[Trip]:
    """Each canary to itself and to the next one elsewhere; then strangers to port 25."""
    return [*_internal(system.canaries), *_from_outside(system)]


def name_of(trip: Trip) -> str:
    """``a@lab.test`` to itself, ``a@lab.test>b@dept.test``, or ``mail1:25>a@lab.test``."""
    if trip.sender is trip.recipient:
        return trip.recipient.address
    source = trip.sender.address if trip.sender else trip.door.name
    return f"{source}>{trip.recipient.address}"


def _internal(canaries: Sequence[Canary]) -> Iterator[Trip]:
    for place, canary in enumerate(canaries):
        yield Trip(door=canary.submission, sender=canary, recipient=canary)
        following = [*canaries[place + 1 :], *canaries[:place]]
        other = next((one for one in following if _is_elsewhere(one, canary)), None)
        if other is not None:
            yield Trip(door=canary.submission, sender=canary, recipient=other)


def _is_elsewhere(one: Canary, other: Canary) -> bool:
    return one.domain != other.domain or one.imap.host != other.imap.host


def _from_outside(system: System) -> Iterator[Trip]:
    """Each port 25 to a canary at home there, else to the next one; each domain at least once."""
    doors = system.services("smtp")
    pairs: list[tuple[Target, Canary]] = []
    for place, door in enumerate(doors if system.canaries else ()):
        at_home = [one for one in system.canaries if one.imap.host == door.host]
        pairs.append((door, (at_home or system.canaries)[place % len(at_home or system.canaries)]))
    for canary in system.canaries if doors else ():
        if canary.domain not in {one.domain for _, one in pairs}:
            door = next((one for one in doors if one.host == canary.imap.host), doors[0])
            pairs.append((door, canary))
    for door, canary in pairs:
        yield Trip(door=door, sender=None, recipient=canary)
