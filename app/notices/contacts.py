"""Whom to call, by the roles that a step asks for, with their hours and who comes next. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta

from msgspec import Struct

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

HORIZON = 9
"""Days in which the next change of hours is looked for: a week, and both ends of it."""

_WINDOW = re.compile(
    r"(?:(?P<days>[a-z,\- ]+?)\s+)?(?P<begin>\d\d?:\d\d)\s*-\s*(?P<end>\d\d?:\d\d)", re.IGNORECASE
)


class Contact(Struct, frozen=True, kw_only=True):
    """``[[contact]]``: somebody to call.

    `reach` are the ways to reach them, the best one first. `after` is how many minutes without an
    answer by those before it takes until they are called. Without `hours` they may always be.
    """

    name: str
    role: tuple[str, ...]
    reach: tuple[str, ...]
    hours: tuple[str, ...] = ()
    zone: str = ""
    after: float = 0.0


class OnCall(Struct, frozen=True, kw_only=True):
    """Somebody at one moment. `until` is when that changes; None: not within a week."""

    contact: Contact
    is_there: bool
    until: datetime | None = None

    @property
    def line(self) -> str:
        """It in words."""
        one = self.contact
        ways = ", ".join(one.reach)
        said = [f"{one.name} ({', '.join(one.role)}): {ways}"]
        if not self.is_there and self.until:
            said.append(f"not before {self.until:%a %H:%M %Z}")
        elif self.until:
            said.append(f"until {self.until:%a %H:%M %Z}")
        if one.after:
            said.append(f"after {one.after:g} min without an answer")
        return "; ".join(said)


class Window(Struct, frozen=True):
    """Some days of the week, and from when to when; past midnight where it ends before it began."""

    days: frozenset[int]
    begin: time
    end: time


def windows(texts: Iterable[str]) -> tuple[Window, ...]:
    """Hours as they are written, e.g. ``Mon-Fri 08:00-18:00``. Raises ValueError."""
    return tuple(map(_window, texts))


def contacts_now(contacts: Iterable[Contact], at: datetime, role: str = "") -> tuple[OnCall, ...]:
    """Who can be called for `role`, or for anything: who is there first, then by when they are."""
    asked = [one for one in contacts if not role or role in one.role]
    found = [_on_call(one, at) for one in asked]
    return tuple(sorted(found, key=lambda one: (not one.is_there, one.contact.after)))


def roles(contacts: Iterable[Contact]) -> tuple[str, ...]:
    """Every role that somebody has."""
    return tuple(dict.fromkeys(role for one in contacts for role in one.role))


def _on_call(contact: Contact, at: datetime) -> OnCall:
    from app.notices.zone import zone_of

    here = windows(contact.hours)
    if not here:
        return OnCall(contact=contact, is_there=True)
    local = at.astimezone(zone_of(contact.zone))
    spans = sorted(_spans(here, local))
    is_there = any(begin <= local < end for begin, end in spans)
    edges = [edge for span in spans for edge in span if edge > local]
    changes = (edge for edge in sorted(edges) if _is_in(spans, edge) != is_there)
    return OnCall(contact=contact, is_there=is_there, until=next(changes, None))


def _is_in(spans: Sequence[tuple[datetime, datetime]], moment: datetime) -> bool:
    return any(begin <= moment < end for begin, end in spans)


def _spans(here: Sequence[Window], local: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The windows around `local` as moments: on the clock of that place, also in summer."""
    for offset in range(-1, HORIZON):
        day = local.date() + timedelta(days=offset)
        for window in here:
            if day.weekday() in window.days:
                last = day if window.end > window.begin else day + timedelta(days=1)
                yield _moment(day, window.begin, local), _moment(last, window.end, local)


def _moment(day: date, clock: time, local: datetime) -> datetime:
    return datetime.combine(day, clock, tzinfo=local.tzinfo)


def _window(text: str) -> Window:
    found = _WINDOW.fullmatch(text.strip())
    if not found:
        raise ValueError("must be hours such as Mon-Fri 08:00-18:00")
    try:
        begin, end = (time.fromisoformat(found[name].zfill(5)) for name in ("begin", "end"))
    except ValueError as error:
        raise ValueError("must hold times from 00:00 to 23:59") from error
    return Window(_days(found["days"] or ""), begin, end)


def _days(text: str) -> frozenset[int]:
    """``Mon-Fri,Sun``; nothing is every day."""
    if not text.strip():
        return frozenset(range(7))
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        begin = _day(first)
        count = (_day(last or first) - begin) % 7
        days |= {(begin + number) % 7 for number in range(count + 1)}
    return frozenset(days)


def _day(text: str) -> int:
    word = text.strip().lower()[:3]
    if word not in DAYS:
        raise ValueError(f"must hold days such as {', '.join(day.title() for day in DAYS)}")
    return DAYS.index(word)
