"""When mail is expected to work again, as an operator types it. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from app.incident.kinds import EtaChanged
from checks.when import iso

FORMS = "30m, 1h-2h, 04:30, 04:00-05:00 (with Z: UTC), or ? for not known"

FARTHEST = timedelta(days=7)
"""An estimate beyond that is a mistyped one."""

_SPAN = re.compile(r"(?:(\d{1,3})h)?\s*(?:(\d{1,4})m(?:in)?)?")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(z?)")


def parse(text: str, at: datetime, zone: tzinfo | None) -> EtaChanged:
    """What `text`, typed at `at`, means; a time of day is of `zone`. Raises ValueError.

    >>> parse("30m-1h", datetime(2026, 11, 23, 3, 0, tzinfo=UTC), UTC).expected
    'between 2026-11-23T03:30:00.000Z and 2026-11-23T04:00:00.000Z'
    """
    words = text.strip().lower()
    if words in ("", "?", "unknown", "not known"):
        return EtaChanged()
    first, dash, last = words.replace("–", "-").partition("-")
    low = _moment(first.strip(), at, zone)
    if not dash:
        return EtaChanged(high=iso(low))
    high = _moment(last.strip(), at, zone)
    if high <= low:
        raise ValueError(f"the later time comes first in {text.strip()}")
    return EtaChanged(low=iso(low), high=iso(high))


def _moment(word: str, at: datetime, zone: tzinfo | None) -> datetime:
    minute = at.replace(second=0, microsecond=0)
    if clock := _CLOCK.fullmatch(word):
        return _next(minute, int(clock[1]), int(clock[2]), UTC if clock[3] else zone)
    span = _SPAN.fullmatch(word)
    if not word or span is None:
        raise ValueError(f"it reads {FORMS}")
    ahead = timedelta(hours=int(span[1] or 0), minutes=int(span[2] or 0))
    if not timedelta() < ahead <= FARTHEST:
        raise ValueError("it must be ahead, and within a week")
    return minute + ahead


def _next(minute: datetime, hour: int, minutes: int, zone: tzinfo | None) -> datetime:
    """When it is so late next; the zone's rules of that day count (daylight saving)."""
    today = minute.astimezone(zone)
    for days in (0, 1):
        day = today.date() + timedelta(days=days)
        naive = datetime(day.year, day.month, day.day, hour, minutes)  # noqa: DTZ001 - made aware
        found = (naive.replace(tzinfo=zone) if zone else naive).astimezone(UTC)
        if found > minute:
            return found
    return found
