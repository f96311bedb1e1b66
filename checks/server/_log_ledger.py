"""What a host's logs told since a while, in bounded memory, and the facts that it makes."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from checks.facts import LogFacts, LogKind, LogShape, LostMail, Reason
from checks.log_line import Line
from checks.model import State
from checks.server._log_events import Event, event, logged_in, sender, worked

EVENTS = 20_000
"""Troubles kept of a host. Beyond, the oldest are forgotten before their time, which is said."""

SENDERS = 20_000
"""Queue ids whose sender is kept until the message's fate is read."""

LOGINS = 20_000
"""Users whose latest login is kept; who has not come in for longest is forgotten first."""

SHOWN, SHAPES_SHOWN, LOST_SHOWN = 20, 50, 200
"""Names of a kind, shapes, and lost messages in the facts."""


class Reading(Struct, frozen=True, kw_only=True):
    """One look: the new lines, where they came from, and what was left out."""

    lines: tuple[Line, ...]
    sources: tuple[str, ...]
    count: int
    now: datetime
    cut: str = ""


class Ledger:
    """The troubles and successes of one host, those of the last `window` seconds."""

    def __init__(self, since: datetime, window: float) -> None:
        self._since = since
        self._window = timedelta(seconds=window)
        self._events: deque[Event] = deque(maxlen=EVENTS)
        self._senders: dict[str, str] = {}
        self._last: dict[str, datetime] = {}
        self._logins: dict[tuple[str, str], datetime] = {}
        self._lines = 0

    def take(self, reading: Reading) -> None:
        """Add what one more look has seen, and forget what is older than the window."""
        self._lines += reading.count
        for line in sorted(reading.lines, key=lambda one: one.at):
            if line.at >= self._since:
                self._take_line(line)
        horizon = reading.now - self._window
        if len(self._events) == EVENTS:
            self._since = self._events[0].at
        self._since = max(self._since, horizon)
        while self._events and self._events[0].at < self._since:
            self._events.popleft()

    def _take_line(self, line: Line) -> None:
        if introduced := sender(line):
            self._senders[introduced[0]] = introduced[1]
            if len(self._senders) > SENDERS:
                del self._senders[next(iter(self._senders))]
        if told := event(line):
            self._events.append(told)
        elif what := worked(line):
            self._last[what] = line.at
            self._take_login(line)

    def _take_login(self, line: Line) -> None:
        if who := logged_in(line):
            self._logins.pop(who, None)
            self._logins[who] = line.at
            if len(self._logins) > LOGINS:
                del self._logins[next(iter(self._logins))]

    def _is_over(self, one: Event) -> bool:
        """Whether whom it hit has come in since."""
        if one.pattern is None or not one.pattern.is_over_by_login:
            return False
        came_in = self._logins.get(one.tried)
        return came_in is not None and came_in > one.at

    def recent(self, since: datetime) -> list[Event]:
        """The troubles since then."""
        return [one for one in self._events if one.at >= since]

    def facts(self, reading: Reading, recent: datetime) -> LogFacts:
        """What stands in the ledger; `recent` is from when on something counts as recent."""
        lost = [one for one in self._events if one.pattern and one.pattern.is_lost]
        return LogFacts(
            since=self._since,
            until=reading.now,
            sources=reading.sources,
            lines=self._lines,
            kinds=kinds(self._events, recent, self._is_over),
            shapes=shapes(self._events),
            lost=tuple(map(self._lost, lost[-LOST_SHOWN:])),
            lost_count=len(lost),
            last_login=self._last.get("login"),
            last_delivery=self._last.get("delivery"),
            cut=reading.cut,
        )

    def _lost(self, one: Event) -> LostMail:
        return LostMail(
            at=one.at,
            recipient=one.user,
            sender=one.sender or self._senders.get(one.queue_id, ""),
            queue_id=one.queue_id,
            reason=one.reason or one.text,
            code=one.code,
        )


def kinds(
    events: Iterable[Event], recent: datetime, is_over: Callable[[Event], bool]
) -> tuple[LogKind, ...]:
    """The known troubles, the gravest first, then the most frequent of late."""
    groups: dict[str, list[Event]] = {}
    for one in events:
        if one.pattern:
            groups.setdefault(one.code, []).append(one)
    found = [(own[0].pattern, _kind(own, recent, is_over)) for own in groups.values()]
    found.sort(key=lambda one: (-(one[0].means.badness if one[0] else 0), -one[1].recent))
    return tuple(kind for _, kind in found)


def _kind(own: list[Event], recent: datetime, is_over: Callable[[Event], bool]) -> LogKind:
    """Of what still counts, where anything does; else of what was."""
    pattern = own[0].pattern
    going_on = [one for one in own if not is_over(one)]
    counts = [one for one in going_on if one.at >= recent]
    named = counts or own
    return LogKind(
        code=own[0].code,
        meaning=pattern.meaning if pattern else "",
        count=len(own),
        recent=len(counts),
        first=(going_on or own)[0].at,
        last=named[-1].at,
        users=_most(one.user for one in named),
        domains=_most(one.domain for one in named),
        hosts=_most(one.host for one in named),
        example=named[-1].text,
    )


def _most(names: Iterator[str]) -> tuple[Reason, ...]:
    counted = Counter(name for name in names if name)
    return tuple(Reason(name, count) for name, count in counted.most_common(SHOWN))


def shapes(events: Iterable[Event]) -> tuple[LogShape, ...]:
    """What sounds like trouble, and is not known to be none; what began latest stands first."""
    groups: dict[tuple[str, str], list[Event]] = {}
    for one in events:
        if one.pattern is None or one.pattern.means != State.OK:
            groups.setdefault((one.program, one.shape), []).append(one)
    ordered = sorted(groups.values(), key=lambda own: own[0].at, reverse=True)
    return tuple(
        LogShape(
            program=own[0].program,
            text=own[0].shape,
            count=len(own),
            first=own[0].at,
            last=own[-1].at,
            code=own[0].code,
            example=own[-1].text,
        )
        for own in ordered[:SHAPES_SHOWN]
    )
