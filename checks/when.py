"""Times as people and scripts read them. Stored UTC, always said which."""

from __future__ import annotations

import re
from datetime import UTC, datetime

STAMP = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
"""A time as `iso` writes it."""


def iso(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, e.g. ``2026-11-23T03:10:53.120Z``."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_iso(text: str) -> datetime | None:
    """What `iso` wrote; None for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


def clock(at: datetime) -> str:
    """The time of day in UTC, e.g. ``03:10:53Z``."""
    return f"{at.astimezone(UTC):%H:%M:%S}Z"


def span(seconds: float) -> str:
    """A duration in its two largest units.

    >>> [span(s) for s in (0, 41, 401, 11400, 432000)]
    ['0s', '41s', '6m 41s', '3h 10m', '5d 0h']
    """
    whole = max(0, int(seconds))
    for size, unit, next_size, next_unit in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "m"),
        (60, "m", 1, "s"),
    ):
        if whole >= size:
            return f"{whole // size}{unit} {whole % size // next_size}{next_unit}"
    return f"{whole}s"
