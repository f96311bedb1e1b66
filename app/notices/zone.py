"""Times as the readers of a notice have them: to the minute, with the zone's name."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from checks.text import visible


def zone_of(name: str) -> tzinfo | None:
    """The zone of that name; None is this machine's own, with its daylight saving."""
    return ZoneInfo(name) if name else None


def time(at: datetime, zone: tzinfo | None, near: datetime) -> str:
    """The time of day, with the date where it is not that of `near`, e.g. ``04:10 CET``."""
    local = at.astimezone(zone)
    day = "" if local.date() == near.astimezone(zone).date() else f"{local:%a %-d %b} "
    return f"{day}{local:%H:%M} {name(local)}"


def between(low: datetime, high: datetime, zone: tzinfo | None, near: datetime) -> str:
    """Two times of day, their zone said once where it is the same."""
    first, last = time(low, zone, near), time(high, zone, near)
    same = f" {name(low.astimezone(zone))}"
    if last.endswith(same):
        first = first.removesuffix(same)
    return f"{first} and {last}"


def name(local: datetime) -> str:
    """What the zone is called, e.g. ``CET``; one without a name of its own by its offset."""
    called = visible(local.tzname() or "", 12)
    if called.isalpha():
        return called
    offset = local.utcoffset() or timedelta()
    sign = "-" if offset < timedelta() else "+"
    hours, minutes = divmod(int(abs(offset).total_seconds()) // 60, 60)
    return f"UTC{sign}{hours:02}:{minutes:02}"
