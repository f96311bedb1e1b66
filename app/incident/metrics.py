"""The times that matter, each counted from onset, the first failing result. Pure.

Clocks are set while people work, so durations within one boot of one machine are taken from its
uptime; only across a reboot, or between machines, from the clock. What would come out negative is
not known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec import Struct

from app.incident.entry import Entry
from app.incident.kinds import (
    Acknowledged,
    Detected,
    NoticeSent,
    Opened,
    Resolved,
    VerdictChanged,
)
from app.incident.targets import Targets
from checks.when import from_iso

LATE = 60.0
"""Seconds after the promised time at which a notice counts as late."""

NO_TARGETS = Targets()


class Measure(Struct, frozen=True, kw_only=True):
    """A duration in seconds, None while it is not known, and how it is counted.

    `at` is the milestone that it ends with, as the clock then said; `target` is the most that it
    should be.
    """

    name: str
    title: str
    seconds: float | None
    formula: str
    at: datetime | None = None
    target: float | None = None

    @property
    def is_met(self) -> bool | None:
        """Whether the target was met; None where there is none, or nothing to hold against it."""
        if self.seconds is None or self.target is None:
            return None
        return self.seconds <= self.target


class _Moment(NamedTuple):
    """When something was: seconds since the first entry whatever the clocks did, and the clock."""

    place: float
    at: datetime

    def earlier(self, at: datetime | None) -> _Moment:
        """The moment at which the clock said `at`, if that was before."""
        by = (self.at - at).total_seconds() if at else 0.0
        return _Moment(self.place - by, self.at - timedelta(seconds=by)) if by > 0 else self


def measures(entries: Sequence[Entry], targets: Targets = NO_TARGETS) -> tuple[Measure, ...]:
    """All of them, for the entries of one incident in their order."""
    moments = _Moments(entries)
    begin = moments.onset
    rows = (
        ("TTD", "to detect", moments.detected, "first detected", targets.detect),
        (
            "TTA",
            "to acknowledge",
            moments.acknowledged,
            "first acknowledged, else opened",
            targets.acknowledge,
        ),
        (
            "TTN",
            "to first notice",
            moments.first(_went_out),
            "first notice that one route delivered",
            targets.notice,
        ),
        (
            "TTM",
            "to mitigate",
            moments.mitigated,
            "last verdict off outage, else resolved",
            targets.mitigate,
        ),
        ("TTR", "to resolve", moments.last(_is(Resolved)), "last resolved", targets.resolve),
    )
    return tuple(
        Measure(
            name=name,
            title=title,
            seconds=_between(begin, until),
            formula=f"{formula} - onset",
            at=until.at if until else None,
            target=target,
        )
        for name, title, until, formula, target in rows
    )


def onset(entries: Sequence[Entry]) -> datetime | None:
    """When the first failing result was, as the clock then said.

    More than one detection is written where a monitor of the site's knew of it before us.
    """
    return min((at for entry in entries if (at := _onset(entry)) is not None), default=None)


def punctuality(entries: Sequence[Entry]) -> tuple[int, int]:
    """How many notices an audience was promised and got, and how many of those in time."""
    kept = in_time = 0
    promised: dict[str, datetime | None] = {}
    for entry in entries:
        if isinstance(entry.data, NoticeSent) and entry.data.went_out:
            for audience in entry.data.audience:
                if (due := promised.get(audience)) is not None:
                    kept += 1
                    in_time += (entry.at - due).total_seconds() <= LATE
                promised[audience] = from_iso(entry.data.next_at)
    return kept, in_time


class _Moments:
    """Entries on one line of seconds, whatever the clocks did."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries

    @property
    def onset(self) -> _Moment | None:
        told = [(entry, at) for entry in self._entries if (at := _onset(entry)) is not None]
        return min((self._moment(entry).earlier(at) for entry, at in told), default=None)

    @property
    def detected(self) -> _Moment | None:
        told = [(one, one.data) for one in self._entries if isinstance(one.data, Detected)]
        seen = (self._moment(one).earlier(from_iso(data.seen)) for one, data in told)
        return min(seen, default=None)

    @property
    def acknowledged(self) -> _Moment | None:
        return self.first(_is(Acknowledged)) or self.first(_is(Opened))

    @property
    def mitigated(self) -> _Moment | None:
        """The last time that the verdict left outage, if it did not come back to it."""
        was_out, left = False, None
        for entry in self._entries:
            if isinstance(entry.data, VerdictChanged):
                is_out = entry.data.verdict == "outage"
                if is_out or was_out:
                    left = None if is_out else self._moment(entry)
                was_out = is_out
        return self.last(_is(Resolved)) if left is None and not was_out else left

    def first(self, wanted: Callable[[Entry], bool]) -> _Moment | None:
        return next((self._moment(entry) for entry in self._entries if wanted(entry)), None)

    def last(self, wanted: Callable[[Entry], bool]) -> _Moment | None:
        return next((self._moment(one) for one in reversed(self._entries) if wanted(one)), None)

    def _moment(self, entry: Entry) -> _Moment:
        begin = self._entries[0]
        if entry.boot == begin.boot and entry.boot:
            return _Moment((entry.mono - begin.mono) / 1e9, entry.at)
        return _Moment((entry.at - begin.at).total_seconds(), entry.at)


def _is(kind: type) -> Callable[[Entry], bool]:
    return lambda entry: isinstance(entry.data, kind)


def _went_out(entry: Entry) -> bool:
    data = entry.data
    return isinstance(data, NoticeSent) and any(
        one.outcome == "accepted" for one in data.deliveries
    )


def _onset(entry: Entry) -> datetime | None:
    return from_iso(entry.data.onset) if isinstance(entry.data, Detected) else None


def _between(begin: _Moment | None, end: _Moment | None) -> float | None:
    if begin is None or end is None or end.place < begin.place:
        return None
    return end.place - begin.place
