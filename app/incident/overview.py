"""Several incidents looked back on: how many, how long, the same cause again, what is overdue."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from statistics import fmean, median

from msgspec import Struct, to_builtins

from app.incident.folder import Summary
from app.incident.kinds import ActionItem
from app.incident.metrics import measures
from app.incident.situation import Situation, situation
from checks.when import iso, span

SCHEMA = "mailmedic.incidents/1"


class Course(Struct, frozen=True, kw_only=True):
    """How one incident went, in a line of a list. `ttr` is None while it is not resolved."""

    id: str
    title: str
    phase: str
    severity: str
    onset: str | None
    ttr: float | None
    entries: int
    cause: str
    cause_title: str
    actions: tuple[ActionItem, ...]


class Repeat(Struct, frozen=True):
    """A cause that was named in more than one incident."""

    cause: str
    title: str
    incidents: tuple[str, ...]


class Overdue(Struct, frozen=True):
    """What a review had somebody do by a day that is past."""

    incident: str
    action: ActionItem


class Overview(Struct, frozen=True, kw_only=True):
    """What several incidents add up to. MTTR is of those that are resolved; None without any."""

    incidents: tuple[Course, ...]
    open: int
    severities: dict[str, int]
    resolved: int
    mttr_mean: float | None
    mttr_median: float | None
    repeats: tuple[Repeat, ...]
    overdue: tuple[Overdue, ...]


def overview(summaries: Iterable[Summary], today: date) -> Overview:
    """What these incidents add up to."""
    rows = tuple(map(_row, summaries))
    took = [row.ttr for row in rows if row.ttr is not None]
    return Overview(
        incidents=rows,
        open=sum(row.phase != "closed" for row in rows),
        severities=dict(sorted(Counter(row.severity or "unknown" for row in rows).items())),
        resolved=len(took),
        mttr_mean=fmean(took) if took else None,
        mttr_median=median(took) if took else None,
        repeats=tuple(_repeats(rows)),
        overdue=tuple(
            Overdue(row.id, action)
            for row in rows
            for action in row.actions
            if not action.is_done and _is_past(action.due, today)
        ),
    )


def _row(summary: Summary) -> Course:
    now = situation(summary.id, summary.entries)
    return Course(
        id=summary.id,
        title=summary.title,
        phase=now.phase,
        severity=now.severity,
        onset=iso(now.onset) if now.onset else None,
        ttr=_ttr(now),
        entries=len(summary.entries),
        cause=now.cause.cause if now.cause else "",
        cause_title=now.cause.title if now.cause else "",
        actions=now.review.actions if now.review else (),
    )


def _ttr(now: Situation) -> float | None:
    if now.phase == "open":
        return None
    return next(one.seconds for one in measures(now.entries) if one.name == "TTR")


def _repeats(rows: Iterable[Course]) -> Iterable[Repeat]:
    """The most frequent first."""
    found: dict[str, list[Course]] = {}
    for row in rows:
        if row.cause:
            found.setdefault(row.cause, []).append(row)
    for cause, same in sorted(found.items(), key=lambda one: -len(one[1])):
        if len(same) > 1:
            yield Repeat(cause, same[0].cause_title or cause, tuple(row.id for row in same))


def _is_past(due: str, today: date) -> bool:
    try:
        return date.fromisoformat(due) < today
    except ValueError:
        return False


def lines(over: Overview, unread: Iterable[str]) -> Iterator[str]:
    """It in words: a line for each incident, then what they add up to."""
    for row in over.incidents:
        took = "-" if row.ttr is None else span(row.ttr)
        size = f"{row.entries:>6,} entries"
        yield f"{row.id}  {row.phase:<8}  {row.severity or '-':<4}  {took:>8}  {size}  {row.title}"
    yield from (f"not read: {trouble}" for trouble in unread)
    by = ", ".join(f"{severity} {number}" for severity, number in over.severities.items())
    yield f"incidents: {len(over.incidents)}, not closed: {over.open}" + (f"; {by}" if by else "")
    if over.mttr_mean is not None and over.mttr_median is not None:
        mean, middle = span(over.mttr_mean), span(over.mttr_median)
        yield f"MTTR: mean {mean}, median {middle}, of {over.resolved} resolved (resolved - onset)"
    for again in over.repeats:
        yield f"same cause again: {again.title}: {', '.join(again.incidents)}"
    for late in over.overdue:
        yield f"overdue, of {late.incident}: {late.action.line()}"


def document(over: Overview, unread: Iterable[str]) -> str:
    """It as one JSON document."""
    return json.dumps({"schema": SCHEMA, **to_builtins(over), "unread": list(unread)}, indent=1)
