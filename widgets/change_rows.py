"""A change as a row, with how long before the onset it was, and the lines of its diff. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from checks.board import Standing
from checks.changed import DAY, Changed
from widgets.diff_rows import unified
from widgets.entry import Entry
from widgets.figures import brief
from widgets.panel import cells
from widgets.text import Row, Span, row

SOON = 3600.0
"""Seconds before the onset (or now) within which a change is suspect."""

WRONG = {
    "config.open-relay": "bad",
    "config.broken-if-restarted": "warn",
    "config.not-loaded": "warn",
}
"""Findings that stand above all changes, and their role."""

SELF_EVIDENT = ("file", "reboot")
"""Kinds that need no word before what it is."""

GLANCE = 3
"""Changed lines that are shown below a change without opening it."""


def change_entry(change: Changed, since: datetime) -> Entry:
    """Its row; the distance counts from `since`, the onset, or now while there is none."""
    kind = "" if change.kind in SELF_EVIDENT else f"{change.kind} "
    diff = unified(change.diff)
    notes = [row(Span(note, "dim")) for note in change.notes]
    if change.after is not None:
        told = f"some time after {change.after.astimezone(UTC):%a %d %b %H:%M:%SZ}"
        notes.insert(0, row(Span(told, "dim")))
    more = f"  {change.more}" if change.more else ""
    return Entry(
        key=f"{change.host}:{change.what}:{change.at}",
        cells=cells(
            _when(change, since),
            change.host,
            row(Span(kind, "dim"), change.what, Span(more, "dim")),
        ),
        standings=(change.standing,),
        more=tuple(notes),
        diff=change.diff,
        glance=tuple(line for line in diff if line[0].role != "dim")[:GLANCE],
    )


def wrong_entries(standing: Standing) -> list[Entry]:
    """What is wrong now with the configuration as it stands, a row each."""
    result = standing.result
    host = standing.host.name if standing.host else standing.target.name
    return [
        Entry(
            key=f"{host}:{finding.code}:{finding.text}",
            cells=cells(row(Span("now", role)), host, row(Span(finding.text, role))),
            standings=(standing,),
        )
        for finding in (result.findings if result else ())
        if (role := WRONG.get(finding.code))
    ]


def _when(change: Changed, since: datetime) -> Row:
    """``03:01  −3m``: when, and how long before (or after) the onset; ``≤`` where looks tell it."""
    if change.at is None:
        return row(Span("unknown", "dim"))
    distance = (since - change.at).total_seconds()
    sign = "−" if distance >= 0 else "+"
    stamp = change.at.astimezone(UTC).strftime("%H:%M" if abs(distance) < DAY else "%d %b")
    is_open = change.may_precede(since)
    told = "−?" if is_open else f"{sign}{brief(abs(distance))}"
    mark = "≤" if change.after is not None else ""
    return row(Span(f"{mark}{stamp}  {told}", "warn" if abs(distance) < SOON or is_open else ""))
