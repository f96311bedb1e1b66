"""Counters that only grow: what they showed a few minutes ago, so that growth is seen."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")

RECENT = timedelta(minutes=5)
"""What happened longer ago than that is history."""


class Recent(Generic[T]):
    """What the looks of the last `RECENT` counted, by the target's id."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[tuple[datetime, T]]] = {}

    def before(self, key: str, counted: T, at: datetime) -> T | None:
        """What was counted on the first look within `RECENT`; remembers this one.

        None when this is the very first look.
        """
        is_first = key not in self._seen
        seen = self._seen.setdefault(key, deque(maxlen=1000))
        seen.append((at, counted))
        while at - seen[0][0] > RECENT:
            seen.popleft()
        return None if is_first else seen[0][1]
