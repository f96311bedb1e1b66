"""Whether a queue grows, and how fast mail comes and goes, by the last looks at it.

Trouble shows in the trend long before the oldest mail is an hour old (QSHAPE_README), and one look
has none: so the last ones are kept here. What came and went between two looks was in neither, so
the rates are those of mail that waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

WINDOW = 600.0
"""Seconds that a trend is taken over: what the panel shows."""

LEAST = 300.0
"""Seconds below which there is no trend: a newsletter comes and goes in less."""

LEAST_RATE = 60.0
"""Seconds below which there is no rate."""

SHARE = 0.1
"""A queue grows that has become larger by a tenth; a large one is never quite still."""


class Look(NamedTuple):
    """When (monotonic seconds), how many messages waited, and how many came since the last look."""

    at: float
    waiting: int
    arrived: int = 0


class Trend(NamedTuple):
    """Messages a minute: by how many more wait, if it grows; how many came, and how many went."""

    growth: float | None = None
    arrivals: float | None = None
    departures: float | None = None


_looks: dict[str, deque[Look]] = {}
_seen_at: dict[str, float] = {}


def since(target: str) -> float:
    """The host's time of the last look at `target`; 0 if there was none."""
    return _seen_at.get(target, 0.0)


def note(target: str, look: Look, host_time: float = 0.0) -> Trend:
    """Keep a look at `target`, taken at that time of its host; what the last ones show."""
    looks = _looks.setdefault(target, deque())
    looks.append(look)
    _seen_at[target] = host_time
    while look.at - looks[0].at > WINDOW:
        looks.popleft()
    return Trend(growth(looks), *rates(looks))


def growth(looks: Sequence[Look]) -> float | None:
    """Messages a minute more, over all `looks`; None unless it is larger now than ever in them.

    >>> growth([Look(0, 12), Look(200, 100), Look(400, 212)])
    30.0
    >>> growth([Look(0, 12), Look(200, 500), Look(400, 212)]) is None
    True
    """
    first, last = looks[0], looks[-1]
    seconds = last.at - first.at
    if seconds < LEAST or last.waiting < max(look.waiting for look in looks):
        return None
    more = last.waiting - first.waiting
    return more / seconds * 60 if last.waiting > first.waiting * (1 + SHARE) else None


def rates(looks: Sequence[Look]) -> tuple[float | None, float | None]:
    """Messages a minute that came to wait, and that no longer do; None before there is a minute.

    >>> rates([Look(0, 100), Look(60, 80, 10), Look(120, 90, 30)])
    (20.0, 25.0)
    """
    seconds = looks[-1].at - looks[0].at
    if seconds < LEAST_RATE:
        return None, None
    came = sum(look.arrived for look in islice(looks, 1, None))
    went = max(0, looks[0].waiting + came - looks[-1].waiting)
    return came / seconds * 60, went / seconds * 60
