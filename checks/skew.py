"""How far a host's clock is ahead of ours. Pure."""

from __future__ import annotations

from msgspec import Struct

NOISE = 2.0
"""Seconds between two clocks that are not worth a correction: `date` tells whole seconds."""


class Skew(Struct, frozen=True):
    """Seconds that a clock is ahead of ours, give or take `margin`."""

    ahead: float
    margin: float

    @property
    def sure(self) -> float:
        """The seconds by which they differ at least; 0 where they may well agree."""
        return max(0.0, abs(self.ahead) - self.margin)


def skew(said: str, before: float, after: float) -> Skew | None:
    """By what ``date +%s`` said between those two times of ours; None for no answer.

    >>> skew("1795434000", 1795430400.25, 1795430400.75)
    Skew(ahead=3600.0, margin=0.75)
    """
    text = said.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        return None
    return Skew(int(text) + 0.5 - (before + after) / 2, 0.5 + (after - before) / 2)


def correction(said: str, before: float, after: float) -> float:
    """Seconds to add to ours for the host's time: ages there are by its clock."""
    found = skew(said, before, after)
    return found.ahead if found is not None and abs(found.ahead) > NOISE else 0.0
