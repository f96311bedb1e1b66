"""A row of a panel as a value, and what is said about it when it is opened. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from checks.board import Standing
from checks.model import Result, State
from checks.when import clock, span
from widgets.columns import Cells
from widgets.diff_rows import beside, unified
from widgets.state import mark
from widgets.text import Row, Span, row

EVIDENCE_LINES = 8


class Entry(Struct, frozen=True):
    """One row: its cells, column by column, and the checks that it was made from.

    `key` stays the same from board to board; `more` are lines of its own, `diff` those of a unified
    diff, and `glance` what the small panel shows below the row.
    """

    key: str
    cells: Cells
    standings: tuple[Standing, ...] = ()
    more: tuple[Row, ...] = ()
    diff: tuple[str, ...] = ()
    glance: tuple[Row, ...] = ()

    @property
    def text(self) -> str:
        """All that can be searched for."""
        cells = " ".join(span.text for cell in self.cells for span in cell)
        said = " ".join(one.result.summary for one in self.standings if one.result)
        return f"{cells} {said}".casefold()

    @property
    def badness(self) -> int:
        """Where it stands when the worst comes first."""
        return max((_badness(one) for one in self.standings), default=0)


def _badness(standing: Standing) -> int:
    return standing.result.state.badness if standing.result else State.UNKNOWN.badness


def details(
    entry: Entry, at: datetime, *, lines: int = EVIDENCE_LINES, beside_in: int = 0
) -> list[Row]:
    """What its checks answered, the worst first, each with so many lines of evidence.

    A diff is shown side by side in `beside_in` cells, if that is not 0.
    """
    rows = list(entry.more)
    rows += beside(entry.diff, beside_in) if beside_in else unified(entry.diff)
    for standing in sorted(entry.standings, key=_badness, reverse=True):
        rows += _answer(standing, at, lines)
    return rows


def _answer(standing: Standing, at: datetime, lines: int) -> list[Row]:
    shown = mark(standing, at)
    name = Span(standing.id, "strong")
    result = standing.result
    if result is None:
        return [row(Span(f"{shown.glyph} ", shown.role), name, f"  {shown.word}")]
    said = Span(f"  {result.summary}", shown.role)
    age = Span(f"  {clock(result.at)[:-1]}, {span(standing.age(at) or 0)} ago", "dim")
    head = row(Span(f"{shown.glyph} ", shown.role), name, said, age)
    return [head, *(row("    ", piece) for piece in _particulars(standing, result, lines))]


def _particulars(standing: Standing, result: Result, lines: int) -> Iterable[Span]:
    if standing.state not in (None, State.OK) and standing.since:
        yield Span(f"since {clock(standing.since)[:-1]}", "dim")
    if result.phases:
        steps = (f"{phase.name} {phase.duration * 1000:.1f} ms" for phase in result.phases)
        yield Span("phases  " + " · ".join(steps))
    for finding in result.findings:
        yield Span(f"{finding.code}  {finding.text}".rstrip(), "strong")
    for line in result.evidence[:lines]:
        yield Span(f"> {line}", "dim")
    if len(result.evidence) > lines:
        yield Span(f"and {len(result.evidence) - lines} lines more", "dim")
    if result.mend:
        yield Span(f"mend: {result.mend}", "key")
