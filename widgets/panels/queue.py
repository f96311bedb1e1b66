"""3 Queue: how much mail waits on each host, for how long, whether it grows, and why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from checks.board import Board, Point, Standing
from checks.facts import QueueFacts
from checks.model import State
from checks.outlook import by_age, outlook
from widgets.columns import Column
from widgets.entry import Entry
from widgets.figures import brief, sparkline
from widgets.panel import Panel, by_host, cells, is_shut_out
from widgets.state import ABSENT, MARKS, Mark, mark
from widgets.text import Row, Span, row

MINUTES = 10
CONNECT = re.compile(r"connect to (.+): ([^:]+)")
"""What smtp(8) says of a destination that it could not reach."""

GROWS = 1.0
"""Messages a minute from which on a growing queue is shown as a warning."""


class Queue(Panel):
    """A row for each host's queue, then the reasons for deferral over all of them."""

    NUMBER = 3
    TITLE = "Queue"
    DEEPER = "messages"
    KINDS = ("postfix", "exim", "counts")
    EMPTY = "no host with a login and an MTA: no queue to read"
    COLUMNS = (
        Column(title="HOST", priority=0, least=5, is_flexible=True),
        Column(title="ACTIVE", priority=2, is_right=True),
        Column(title="DEFER", priority=0, least=6, is_right=True),
        Column(title="HOLD", priority=3, is_right=True),
        Column(title="INCOMING", priority=6, is_right=True),
        Column(title="OLDEST", priority=1, is_right=True),
        Column(title="10 MIN", priority=4, least=MINUTES),
        Column(title="RATE", priority=3, least=8, is_flexible=True),
    )

    def entries(self, board: Board, at: datetime) -> list[Entry]:
        """A row for each host whose queue was read."""
        return [
            _entry(name, standing, at)
            for name, standings in by_host(board.of_kinds(*self.KINDS)).items()
            for standing in there(standings)
            if not is_shut_out(standing) and not is_blind(standing)
        ]

    def below(self, board: Board, at: datetime) -> list[Row]:
        """Queues that can't be seen, then why mail waits."""
        standings = board.of_kinds(*self.KINDS)
        return [*blind_rows(standings), *outlook_rows(standings, at), *reason_rows(standings)]


def there(standings: Sequence[Standing]) -> Sequence[Standing]:
    """Those of the MTAs that a host has; where it has none that we know, that is one row."""
    found = [one for one in standings if not _is_absent(one)]
    return found or standings[:1]


def _is_absent(standing: Standing) -> bool:
    result = standing.result
    return result is not None and result.facts is None and result.state == State.OK


def is_blind(standing: Standing) -> bool:
    """Whether we could not see into the queue, which is neither an empty one nor none at all."""
    result = standing.result
    return result is not None and result.facts is None and result.state != State.OK


def blind_rows(standings: Sequence[Standing]) -> list[Row]:
    """``? mail1  blind: the reason``, and the command that mends it."""
    rows = []
    for standing in standings:
        result = standing.result
        if result is None or not is_blind(standing) or is_shut_out(standing):
            continue
        name = standing.host.name if standing.host else standing.target.name
        shown = MARKS[result.state]
        rows.append(row(Span(f"{shown.glyph} {name}  blind: {result.summary}", shown.role)))
        if result.mend:
            rows.append(row(Span("  mend: ", "dim"), Span(result.mend, "key")))
    return rows


def outlook_rows(standings: Sequence[Standing], at: datetime) -> list[Row]:
    """When each queue is empty, and when senders begin to notice."""
    rows = []
    for standing in standings:
        facts = standing.result.facts if standing.result else None
        if isinstance(facts, QueueFacts) and (said := outlook(facts, at)):
            name = standing.host.name if standing.host else standing.target.name
            rows.append(row(Span(f"{name}  ", "dim"), " · ".join(said)))
    return rows


def reason_rows(standings: Sequence[Standing]) -> list[Row]:
    """The reasons of all hosts together, the most frequent first."""
    counts: dict[tuple[str, str], int] = {}
    for standing in standings:
        facts = standing.result.facts if standing.result else None
        for reason in facts.reasons if isinstance(facts, QueueFacts) else ():
            counts[reason.family, reason.text] = (
                counts.get((reason.family, reason.text), 0) + reason.count
            )
    if not counts:
        return []
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    lines = [
        row(f"{count:>7,}  ", why_first(text if family in text else f"{family} {text}"))
        for (family, text), count in ordered
    ]
    return [row(Span("BY REASON", "head")), *lines]


def why_first(text: str) -> str:
    """Postfix's words with the reason in front: their end is what a narrow panel cuts off.

    >>> why_first("connect to mx.ext.test[192.0.2.1]:25: Connection timed out")
    'connection timed out: mx.ext.test[192.0.2.1]:25'
    >>> why_first("4.7.1 greylisted by ext.test")
    '4.7.1 greylisted by ext.test'
    """
    found = CONNECT.fullmatch(text)
    return f"{found[2].lower()}: {found[1]}" if found else text


def _entry(name: str, standing: Standing, at: datetime) -> Entry:
    key = f"{name}/{standing.kind}"
    facts = standing.result.facts if standing.result else None
    shown = mark(standing, at)
    if not isinstance(facts, QueueFacts):
        # Asked and answered without figures: there is no Postfix. Else: not asked yet.
        nothing = row(Span((ABSENT if standing.result else shown).glyph, "dim"))
        return Entry(key, cells(name, *[nothing] * 7), (standing,))
    rate = growth(standing.history)
    return Entry(
        key=key,
        cells=cells(
            name,
            f"{facts.active:,}",
            f"{facts.deferred:,}",
            f"{facts.hold:,}" + (" frozen" if facts.frozen else ""),
            f"{facts.incoming:,}",
            _oldest_cell(facts, at, shown),
            sparkline(by_minute(standing.history)),
            _rate_cell(rate),
        ),
        standings=(standing,),
        more=tuple(_more(facts, at)),
    )


def _oldest_cell(facts: QueueFacts, at: datetime, shown: Mark) -> Row:
    if facts.oldest is None:
        return row(Span(ABSENT.glyph, ABSENT.role))
    waits = brief((at - facts.oldest).total_seconds())
    if shown.role == "good":
        return row(waits)
    return row(Span(f"{waits} {shown.glyph}", shown.role))


def _rate_cell(rate: float | None) -> Row:
    if rate is None:
        return row(Span(ABSENT.glyph, ABSENT.role))
    return row(
        Span(f"{rate:+.0f}/min" if round(rate) else "0/min", "warn" if rate >= GROWS else "")
    )


def _more(facts: QueueFacts, at: datetime) -> list[Row]:
    rows = [row(one) for one in outlook(facts, at)]
    if any(facts.ages):
        rows.append(row(Span("by age, younger than", "head")))
        names, counts = zip(*by_age(facts), strict=True)
        rows += [row("".join(f"{one:>8}" for one in names))]
        rows += [row("".join(f"{one:>8,}" for one in counts))]
    for title, reasons in (
        ("by reason", facts.reasons),
        ("by sender", facts.senders),
        ("by domain", facts.domains),
    ):
        if reasons:
            rows.append(row(Span(title, "head")))
            rows += [row(f"{one.count:>7,}  {one.text}") for one in reasons]
    return rows


def waiting(point: Point) -> float | None:
    """Active and deferred messages at an earlier time, if the queue was seen then."""
    if point.state == State.UNKNOWN or "deferred" not in point.metrics:
        return None
    return point.metrics["deferred"] + point.metrics.get("active", 0.0)


def by_minute(history: Sequence[Point]) -> list[float | None]:
    """The last value of each of the last minutes, by the clock; None where there is none."""
    minutes: dict[int, float] = {}
    for point in history:
        value = waiting(point)
        if value is not None:
            minutes[int(point.at.timestamp()) // 60] = value
    if not minutes:
        return []
    last = max(minutes)
    return [minutes.get(minute) for minute in range(last - MINUTES + 1, last + 1)]


def growth(history: Sequence[Point]) -> float | None:
    """Messages more (or fewer) a minute, over the history; None before there is a minute of it."""
    seen = [(point.at, value) for point in history if (value := waiting(point)) is not None]
    if len(seen) < 2:
        return None
    seconds = (seen[-1][0] - seen[0][0]).total_seconds()
    if seconds < 60:
        return None
    return (seen[-1][1] - seen[0][1]) / seconds * 60
