"""The times that matter, each counted from onset, the first failing result. Pure.

Clocks are set while people work, so durations within one boot of one machine are taken from its
uptime; only across a reboot, or between machines, from the clock. What would come out negative is
not known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise

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

LATE = 60.0
"""Seconds after the promised time at which a notice counts as late."""


class Measure(Struct, frozen=True):
    """A duration in seconds, None while it is not known, and how it is counted."""

    name: str
    title: str
    seconds: float | None
    formula: str


def measures(entries: Sequence[Entry]) -> tuple[Measure, ...]:
    """All of them, for the entries of one incident in their order."""
    moment = _Moments(entries)
    onset = moment.onset
    notice = moment.first(_went_out)
    found = (
        ("TTD", "to detect", moment.first(_is(Detected)), "first `detected`"),
        ("TTA", "to acknowledge", moment.acknowledged, "first `acknowledged`, else `opened`"),
        ("TTM", "to mitigate", moment.mitigated, "last `verdict` off outage, else `resolved`"),
        ("TTR", "to resolve", moment.last(_is(Resolved)), "last `resolved`"),
        ("TTN", "to first notice", notice, "first `notice` that one route delivered"),
    )
    return tuple(
        Measure(name, title, _between(onset, until), f"{formula} - onset")
        for name, title, until, formula in found
    )


def onset(entries: Sequence[Entry]) -> datetime | None:
    """When the first failing result was, as the clock then said."""
    return next((at for entry in entries if (at := _onset(entry)) is not None), None)


def punctuality(entries: Sequence[Entry]) -> tuple[int, int]:
    """How many notices were promised and are followed by one, and how many of those in time."""
    notices = [entry for entry in entries if isinstance(entry.data, NoticeSent)]
    kept = in_time = 0
    for promise, notice in pairwise(notices):
        due = _time(promise.data.next_at) if isinstance(promise.data, NoticeSent) else None
        if due is not None:
            kept += 1
            in_time += (notice.at - due).total_seconds() <= LATE
    return kept, in_time


class _Moments:
    """Entries on one line of seconds, whatever the clocks did."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries

    @property
    def onset(self) -> float | None:
        for entry in self._entries:
            at = _onset(entry)
            if at is not None:
                return self._place(entry) - max(0.0, (entry.at - at).total_seconds())
        return None

    @property
    def acknowledged(self) -> float | None:
        said = self.first(_is(Acknowledged))
        return self.first(_is(Opened)) if said is None else said

    @property
    def mitigated(self) -> float | None:
        """The last time that the verdict left outage, if it did not come back to it."""
        was_out, left = False, None
        for entry in self._entries:
            if isinstance(entry.data, VerdictChanged):
                is_out = entry.data.verdict == "outage"
                if is_out or was_out:
                    left = None if is_out else self._place(entry)
                was_out = is_out
        return self.last(_is(Resolved)) if left is None and not was_out else left

    def first(self, wanted: Callable[[Entry], bool]) -> float | None:
        return next((self._place(entry) for entry in self._entries if wanted(entry)), None)

    def last(self, wanted: Callable[[Entry], bool]) -> float | None:
        return next((self._place(one) for one in reversed(self._entries) if wanted(one)), None)

    def _place(self, entry: Entry) -> float:
        begin = self._entries[0]
        if entry.boot == begin.boot and entry.boot:
            return (entry.mono - begin.mono) / 1e9
        return (entry.at - begin.at).total_seconds()


def _is(kind: type) -> Callable[[Entry], bool]:
    return lambda entry: isinstance(entry.data, kind)


def _went_out(entry: Entry) -> bool:
    data = entry.data
    return isinstance(data, NoticeSent) and any(one.outcome == "sent" for one in data.deliveries)


def _onset(entry: Entry) -> datetime | None:
    return _time(entry.data.onset) if isinstance(entry.data, Detected) else None


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _between(begin: float | None, end: float | None) -> float | None:
    if begin is None or end is None or end < begin:
        return None
    return end - begin
