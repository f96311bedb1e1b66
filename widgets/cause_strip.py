"""The strip that says why: until there is a diagnosis, the failing checks, the worst first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from checks.board import Board, Standing
from checks.model import State
from checks.when import clock
from widgets.lines import Framed
from widgets.state import MARKS, Mark, mark
from widgets.text import Row, Span, pad, row, width_of


class CauseLine(Struct, frozen=True):
    """One line: how bad, what, and what is known of it."""

    mark: Mark
    title: str
    detail: str = ""


class CauseStrip(Framed):
    """Shows `CauseLine`s."""

    TITLE = "Failing checks"
    DEFAULT_CSS = "CauseStrip { height: 6; }"

    causes: tuple[CauseLine, ...] | None = None

    def show(self, causes: tuple[CauseLine, ...]) -> None:
        """Draw `causes`, which come worst first."""
        self.causes = causes
        self.redraw()

    def inside(self, width: int, height: int) -> Sequence[Row]:
        """A line each; the last says how many more there are."""
        if self.causes is None:
            return ()
        if not self.causes:
            shown = MARKS[State.OK]
            return (row(Span(f"{shown.glyph} ", shown.role), Span("nothing fails", "dim")),)
        fitting = len(self.causes) if len(self.causes) <= height else max(0, height - 1)
        return cause_rows(self.causes[:fitting], len(self.causes) - fitting, width)


def cause_rows(causes: Sequence[CauseLine], hidden: int, width: int) -> tuple[Row, ...]:
    """Titles in one column, details in the next."""
    titles = [row(Span(f"{one.mark.glyph} ", one.mark.role), one.title) for one in causes]
    room = min(max(map(width_of, titles), default=0) + 2, max(1, width // 2))
    rows = [
        (*pad(title, room), Span(one.detail, one.mark.role))
        for title, one in zip(titles, causes, strict=True)
    ]
    return (*rows, row(Span(f"and {hidden} more", "dim"))) if hidden else tuple(rows)


def failing(board: Board, at: datetime) -> tuple[CauseLine, ...]:
    """The checks whose latest answer is not OK: confirmed before soft, then the worst first."""
    wrong = [one for one in board.standings.values() if one.result and one.result.state != State.OK]
    wrong.sort(key=lambda one: (one.is_soft, -_badness(one)))
    return tuple(CauseLine(mark(one, at), one.id, _detail(one, at)) for one in wrong)


def _badness(standing: Standing) -> int:
    return standing.result.state.badness if standing.result else 0


def _detail(standing: Standing, at: datetime) -> str:
    said = standing.result.summary if standing.result else ""
    if standing.is_soft:
        return f"{said} ({mark(standing, at).word})"
    return f"{said}  since {clock(standing.since)[:-1]}" if standing.since else said
