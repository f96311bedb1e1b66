"""What a host's logs say, as rows: known trouble, lost mail, what began last. Pure."""

from __future__ import annotations

from checks.facts import LogFacts, LogKind, LostMail, Reason
from checks.when import clock
from widgets.text import Row, Span, row

KINDS, LOST, SHAPES, NAMES = 8, 10, 8, 3
"""Rows of each; the names in a row of known trouble."""


def log_rows(facts: LogFacts) -> list[Row]:
    """All of it, each part under its head; only the head where nothing was complained about."""
    return [*_head(facts), *_kinds(facts), *_lost(facts), *_shapes(facts)]


def _head(facts: LogFacts) -> list[Row]:
    alive = [
        f"last {what} {clock(at)}"
        for what, at in (("login", facts.last_login), ("delivery", facts.last_delivery))
        if at is not None
    ]
    told = [f"{facts.lines:,} lines of {', '.join(facts.sources)}", *alive]
    rows = [row(Span(f"LOG since {clock(facts.since)}  ", "head"), Span("; ".join(told), "dim"))]
    return [*rows, row(Span(f"  {facts.cut}", "odd"))] if facts.cut else rows


def _kinds(facts: LogFacts) -> list[Row]:
    return [_kind(one) for one in facts.kinds[:KINDS]]


def _kind(kind: LogKind) -> Row:
    names = _names(kind.users or kind.domains or kind.hosts)
    return row(
        f"{kind.count:>7,}  ",
        Span(f"{clock(kind.first)}–{clock(kind.last)}  ", "dim"),
        kind.meaning,
        Span(f"  {names}", "strong"),
    )


def _names(reasons: tuple[Reason, ...]) -> str:
    """The names in front, and how many there are besides."""
    shown = ", ".join(f"{one.text} ({one.count:,})" for one in reasons[:NAMES])
    return f"{shown} and {len(reasons) - NAMES} more" if len(reasons) > NAMES else shown


def _lost(facts: LogFacts) -> list[Row]:
    if not facts.lost_count:
        return []
    head = row(Span(f"LOST MAIL {facts.lost_count:,}", "head"))
    latest = facts.lost[: -LOST - 1 : -1]
    return [head, *map(_lost_mail, latest)]


def _lost_mail(lost: LostMail) -> Row:
    return row(
        Span(f"  {clock(lost.at)}  ", "dim"),
        Span(f"{lost.sender or '?'} → {lost.recipient or '?'}  ", "strong"),
        Span(f"{lost.queue_id}  ", "dim"),
        lost.reason,
    )


def _shapes(facts: LogFacts) -> list[Row]:
    if not facts.shapes:
        return []
    rows = [
        row(f"{one.count:>7,}  ", Span(f"{clock(one.first)}  {one.program}  ", "dim"), one.text)
        for one in facts.shapes[:SHAPES]
    ]
    return [row(Span("COMPLAINTS, the latest to begin first", "head")), *rows]
