"""Local times of one document: date and zone are said once, and again only where they differ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache

from checks.text import visible
from checks.when import STAMP, from_iso


class Clock:
    """Words for moments, in a zone; None is that of this machine, with its daylight saving."""

    def __init__(self, zone: tzinfo | None, moments: Sequence[datetime]) -> None:
        """`moments` are those that the document prints, the first one first."""
        self._local = lru_cache(maxsize=16)(lambda at: at.astimezone(zone))
        minutes = dict.fromkeys(at.replace(second=0, microsecond=0) for at in moments)
        local = [at.astimezone(zone) for at in minutes]  # no offset changes within a minute
        self._offsets = list(dict.fromkeys(map(_offset, local)))
        self._first = _day(local[0]) if local else ""
        self._time = "%H:%M:%S" if len(self._offsets) == 1 else "%H:%M:%S%z"

    @property
    def words(self) -> str:
        """Which times are printed."""
        if not self._first:
            return "none"
        zones = ", then ".join(self._offsets)
        each = ", each time with its offset" if len(self._offsets) > 1 else ""
        return f"local, {zones}{each}; of {self._first} where no other date stands"

    def day(self, at: datetime) -> str:
        """The date, e.g. ``Mon 2026-11-23``."""
        return _day(self._local(at))

    def time(self, at: datetime) -> str:
        """The time of day, e.g. ``03:10:53``, or ``03:10:53+0100`` where the offset changes."""
        return f"{self._local(at):{self._time}}"

    def moment(self, at: datetime) -> str:
        """The time, with the date where that is not the first one."""
        local = self._local(at)
        day = "" if _day(local) == self._first else f"{local:%Y-%m-%d} "
        return f"{day}{local:{self._time}}"

    def short(self, at: datetime, *, is_date: bool) -> str:
        """The time for an axis, to the minute, or the date."""
        local = self._local(at)
        seconds = ":%S" if local.second else ""
        return f"{local:%m-%d}" if is_date else f"{local:%H:%M{seconds}}"

    def since_midnight(self, at: datetime) -> timedelta:
        """How far the local clock is from its midnight."""
        local: datetime = self._local(at)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        return local - midnight

    def localized(self, line: str) -> str:
        """A line of an entry with our own stamps as local times; what was quoted stays as it is."""
        return line if line[:2] in ("| ", "> ") else STAMP.sub(self._stamp, line)

    def _stamp(self, found: re.Match[str]) -> str:
        at = from_iso(found[0])
        return self.moment(at) if at else found[0]


def _day(local: datetime) -> str:
    return f"{local:%a %Y-%m-%d}"


def _offset(local: datetime) -> str:
    """E.g. ``UTC+01:00 (CET)``; zones without a name of their own are called by their offset."""
    name = visible(local.tzname() or "", 12)
    offset = f"{local:%z}"
    words = f"UTC{offset[:3]}:{offset[3:5]}"
    return f"{words} ({name})" if name.isalpha() and name != "UTC" else words
