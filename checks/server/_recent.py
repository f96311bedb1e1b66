"""Counters that only grow: what they showed a few minutes ago, so that growth is seen."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")

RECENT = timedelta(minutes=5)
"""What happened longer ago than that is history."""


class Recent(Generic[T]):
    """What the looks of the last `RECENT` counted, by the target's id.

    With `over_gaps` the look before them counts too: what grew while nobody could look is news.
    """

    def __init__(self, *, over_gaps: bool = False) -> None:
        self._before = 1 if over_gaps else 0
        self._seen: dict[str, deque[tuple[datetime, T]]] = {}

    def before(self, key: str, counted: T, at: datetime) -> T | None:
        """What was counted on the first look within `RECENT`; remembers this one.

        None when this is the very first look.
        """
        is_first = key not in self._seen
        seen = self._seen.setdefault(key, deque(maxlen=1000))
        seen.append((at, counted))
        while len(seen) > self._before and at - seen[self._before][0] > RECENT:
            seen.popleft()
        return None if is_first else seen[0][1]
