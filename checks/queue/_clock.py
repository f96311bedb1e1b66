"""How far a host's clock is ahead of ours: ages are by its clock. Pure."""

from __future__ import annotations

NOISE = 2.0
"""Seconds between two clocks that are not worth a correction: `date` tells whole seconds."""


def ahead(said: str, before: float, after: float) -> float:
    """Seconds, by what ``date +%s`` said between those two times of ours; 0 for no answer.

    >>> ahead("1795434000", 1795430400.2, 1795430400.8)
    3600.0
    """
    text = said.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        return 0.0
    found = int(text) + 0.5 - (before + after) / 2
    return found if abs(found) > NOISE else 0.0
