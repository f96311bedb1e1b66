"""`Panel`: takes a board, derives rows from it, redraws the rows that changed.

A panel is one file in `widgets/panels`: the kinds of check that it shows, its columns, and how a
result becomes an `Entry`. The small panel and the full table are both drawn from its entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive

from checks.board import Board, Standing
from checks.model import State
from widgets.columns import Cells, Column, draw, header, lay_out, start_of
from widgets.entry import Entry
from widgets.figures import age
from widgets.lines import Framed
from widgets.state import MARKS
from widgets.text import Row, Span, row

SELDOM = 30.0
"""Seconds; what is asked less often than that does not make a panel old before it is stale."""

NEEDS_ANSWER = "login.needs-answer"


class Panel(Framed):
    """One subject of the board, in three faces: error, empty, data."""

    NUMBER: ClassVar[int] = 0
    KINDS: ClassVar[tuple[str, ...]] = ()
    COLUMNS: ClassVar[tuple[Column, ...]] = ()
    EMPTY: ClassVar[str] = "nothing is checked here"
    DEEPER: ClassVar[str] = ""
    """What Enter on a host's row shows, full screen: its queue's messages, its log."""

    HAS_DIFFS: ClassVar[bool] = False
    """Whether rows have a diff, which can be shown side by side."""

    DEFAULT_CSS = "Panel { width: 1fr; height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", "Open", show=False)]
    can_focus = True

    board: reactive[Board | None] = reactive(None, repaint=False)

    class Opened(Message):
        """The operator wants this panel full screen."""

        def __init__(self, panel: Panel) -> None:
            super().__init__()
            self.panel = panel

        @property
        def control(self) -> Panel:
            """The panel that sent it."""
            return self.panel

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.at: datetime | None = None
        self.onset: datetime | None = None
        self._drawn: tuple[Board | None, object] = (None, ())
        self._rows_drawn: tuple[Row, ...] = ()

    # What a panel says

    def columns(self, board: Board) -> tuple[Column, ...]:  # noqa: ARG002
        """Its columns, where they depend on the board."""
        return self.COLUMNS

    def entries(self, board: Board, at: datetime) -> list[Entry]:
        """A row for each thing that it shows."""
        raise NotImplementedError

    def below(self, board: Board, at: datetime) -> list[Row]:  # noqa: ARG002
        """Lines below the table."""
        return []

    # How it is drawn

    @property
    def title(self) -> str:
        """Number and name."""
        return f"{self.NUMBER} {self.TITLE}"

    def note(self) -> Row:
        """The age of its data."""
        if self.board is None or self.at is None:
            return ()
        return freshness(self.board.of_kinds(*self.KINDS), self.at)

    def inside(self, width: int, height: int) -> Sequence[Row]:
        """Its rows now; worked out once, however often it gets or loses the focus."""
        if self.board is None or self.at is None:
            return ()
        rest = (self.at, self.onset, width, height)
        # Boards are large: the same one, not an equal one.
        if self._drawn[0] is not self.board or self._drawn[1] != rest:
            self._rows_drawn = self.rows(self.board, self.at, width, height)
            self._drawn = (self.board, rest)
        return self._rows_drawn

    def rows(self, board: Board, at: datetime, width: int, height: int) -> tuple[Row, ...]:
        """What `board` means in this panel, in `width` by `height` cells."""
        standings = board.of_kinds(*self.KINDS)
        errors = login_errors(standings)
        if not standings:
            return (row(Span(self.EMPTY, "dim")),)
        entries = self.entries(board, at)
        if not entries:
            if not errors and all(one.result is None for one in standings):
                errors = [row(Span("asking …", "dim"))]
            return (*errors, *self.below(board, at))[:height]
        table = self._table(self.columns(board), entries, width)
        return (*errors, *table, *self.below(board, at))[:height]

    def _table(self, columns: Sequence[Column], entries: list[Entry], width: int) -> list[Row]:
        widths = lay_out(columns, [entry.cells for entry in entries], width)
        indent = Span(" " * start_of(columns, widths, len(widths) - 1))
        rows = [header(columns, widths)]
        for entry in entries:
            rows.append(draw(columns, widths, entry.cells))
            rows += [(indent, *more) for more in entry.glance]
        return rows

    # Data in, messages out

    def watch_board(self, before: Board | None, board: Board | None) -> None:
        """Redraw when something that it shows has a new answer."""
        if board is None:
            return
        self.at = max(self.at, board.at) if self.at else board.at
        if before is None or _differ(before, board, self.KINDS):
            self.redraw()

    def tick(self, at: datetime) -> None:
        """Redraw what depends on the time alone: ages, and what has become stale."""
        self.at = at
        self.redraw()

    def action_open(self) -> None:
        """Ask to be shown full screen."""
        self.post_message(self.Opened(self))

    def on_click(self, _event: events.Click) -> None:
        """Open on a click too."""
        self.action_open()


def _differ(before: Board, after: Board, kinds: tuple[str, ...]) -> bool:
    old, new = before.of_kinds(*kinds), after.of_kinds(*kinds)
    return len(old) != len(new) or any(a is not b for a, b in zip(old, new, strict=True))


def freshness(standings: Sequence[Standing], at: datetime) -> Row:
    """The age of the oldest answer; *stale* when one is older than two intervals."""
    often = [one for one in standings if one.interval <= SELDOM] or standings
    ages = [seconds for one in often if (seconds := one.age(at)) is not None]
    if not ages:
        return ()
    if any(one.is_stale(at) for one in standings):
        return row(Span(f"stale {age(max(ages))}", "warn"))
    return row(Span(age(max(ages)), "dim"))


def is_shut_out(standing: Standing) -> bool:
    """Whether its host did not let us in."""
    result = standing.result
    return (
        result is not None
        and result.state == State.UNKNOWN
        and any(code.startswith("login.") for code in result.codes)
    )


def login_errors(standings: Sequence[Standing]) -> list[Row]:
    """The error face: one line for each host that does not let us in."""
    said: dict[str, Row] = {}
    for standing in standings:
        result = standing.result
        if result is None or not is_shut_out(standing):
            continue
        name = standing.host.name if standing.host else standing.target.name
        reason = result.summary
        if NEEDS_ANSWER in result.codes:
            reason = "ssh asks for an answer: press L"
        shown = MARKS[State.UNKNOWN]
        said.setdefault(
            name, row(Span(f"{shown.glyph} {name}  ", shown.role), Span(reason, shown.role))
        )
    return list(said.values())


def by_host(standings: Sequence[Standing]) -> dict[str, list[Standing]]:
    """The standings of each host, hosts in the order of the config."""
    hosts: dict[str, list[Standing]] = {}
    for standing in standings:
        hosts.setdefault(standing.host.name if standing.host else "", []).append(standing)
    return hosts


def cells(*texts: Row | str) -> Cells:
    """A row of cells; a bare string is a cell without a role."""
    return tuple(row(text) if isinstance(text, str) else text for text in texts)
