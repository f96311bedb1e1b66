"""Whether a queue grows: how many messages waited at each of the last looks.

Trouble shows in the trend long before the oldest mail is an hour old (QSHAPE_README), and one look
has none: so the last ones are kept here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

WINDOW = 600.0
"""Seconds that a trend is taken over: what the panel shows."""

LEAST = 300.0
"""Seconds below which there is no trend: a newsletter comes and goes in less."""

SHARE = 0.1
"""A queue grows that has become larger by a tenth; a large one is never quite still."""

Look = tuple[float, int]
"""When (monotonic seconds), and how many messages waited."""

_looks: dict[str, deque[Look]] = {}


def note(target: str, at: float, waiting: int) -> float | None:
    """Keep a look at `target`; by how many messages a minute its queue grows, if it does."""
    looks = _looks.setdefault(target, deque())
    looks.append((at, waiting))
    while at - looks[0][0] > WINDOW:
        looks.popleft()
    return growth(looks)


def growth(looks: Sequence[Look]) -> float | None:
    """Messages a minute more, over all `looks`; None unless it is larger now than ever in them.

    >>> growth([(0, 12), (200, 100), (400, 212)])
    30.0
    >>> growth([(0, 12), (200, 500), (400, 212)]) is None
    True
    """
    (began, first), (at, now) = looks[0], looks[-1]
    if at - began < LEAST or now < max(waiting for _, waiting in looks):
        return None
    return (now - first) / (at - began) * 60 if now > first * (1 + SHARE) else None
