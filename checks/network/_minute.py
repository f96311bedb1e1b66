"""What came of the echo requests of the last minute, by target.

One look of a few packets can't tell one loss from one in three. A look that got no answer at all is
an absence and no loss: with it the minute begins anew.
"""

from __future__ import annotations

from collections import deque

from checks.network._echo import Echo, sum_up

MINUTE = 60.0

_looks: dict[str, deque[tuple[float, Echo]]] = {}


def note(target: str, at: float, echo: Echo) -> Echo:
    """Keep a look at `target`; all looks of the minute that ends `at` (monotonic) as one."""
    looks = _looks.setdefault(target, deque())
    looks.append((at, echo))
    last_minute = last(target, at)
    if not echo.received:
        looks.clear()
    return last_minute


def last(target: str, at: float) -> Echo:
    """The looks of the minute that ends `at`, as one."""
    looks = _looks.get(target, deque())
    while looks and at - looks[0][0] > MINUTE:
        looks.popleft()
    return sum_up([echo for _, echo in looks])
