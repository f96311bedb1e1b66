"""A panel full screen: all its rows with cursor, filter and sort, and the details of one."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType

from checks.board import Board
from widgets.columns import Column, draw, header, lay_out
from widgets.entry import Entry, details
from widgets.lines import Framed
from widgets.panel import Panel, freshness, login_errors
from widgets.text import Row, Span, row

DIALOGUE = 200
"""Lines of evidence of the chosen row: a dialogue as it went, which the details scroll."""

UNITS = {"ms": 0.001, "": 1, "s": 1, "%": 1, "/min": 1, "m": 60, "h": 3600, "d": 86400}
FIGURE = re.compile(r" *([+-]?\d[\d,]*(?:\.\d+)?)(/min|ms|[%smhd]|)(?= |$)")


class PanelTable(Framed):
    """Draws the entries of `panel`, which need not be on the screen itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("pagedown", "move(10)", "Page down", show=False),
        Binding("pageup", "move(-10)", "Page up", show=False),
        Binding("home", "move(-1000000)", "Top", show=False),
        Binding("end", "move(1000000)", "End", show=False),
        Binding("o", "sort", "Sort"),
        Binding("exclamation_mark", "faults", "Faults only"),
        Binding("b", "beside", "Side by side", show=False),
        Binding("shift+down,J", "scroll_details(1)", "Details down", show=False),
        Binding("shift+up,K", "scroll_details(-1)", "Details up", show=False),
    ]
    DEFAULT_CSS = "PanelTable { height: 1fr; }"
    can_focus = True

    def __init__(self, panel: Panel, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._panel = panel
        self._board: Board | None = panel.board
        self._at: datetime | None = panel.at
        self._key = ""
        self._top = 0
        self._details_top = 0
        self._cursor_y: int | None = None
        self.filter = ""
        self.sort: int | None = None
        self.is_faults_only = False
        self.is_beside = False

    # Data in

    def show(self, board: Board, at: datetime) -> None:
        """Draw a newer board; the cursor stays on its row."""
        self._board, self._at = board, at
        self.redraw()

    def search(self, text: str) -> None:
        """Keep the rows that hold `text`; after a ``!``, those that do not."""
        self.filter = text
        self.redraw()

    @property
    def chosen(self) -> Entry | None:
        """The entry under the cursor."""
        entries = self.kept()
        return entries[self._place(entries)] if entries else None

    def plain_details(self) -> str:
        """The row under the cursor and its details, as text to copy."""
        entry = self.chosen
        if entry is None or self._at is None:
            return ""
        cells = ["".join(span.text for span in cell) for cell in entry.cells]
        said = details(entry, self._at, lines=DIALOGUE)
        rows = ["".join(span.text for span in one) for one in said]
        return "\n".join(["  ".join(cells), *rows])

    def kept(self) -> list[Entry]:
        """The entries that are shown, in the order that they are shown in."""
        if self._board is None or self._at is None:
            return []
        entries = self._panel.entries(self._board, self._at)
        entries = [one for one in entries if matches(one, self.filter)]
        if self.is_faults_only:
            entries = [one for one in entries if one.badness]
        return entries if self.sort is None else sorted(entries, key=self._sort_key)

    def _sort_key(self, entry: Entry) -> tuple[float, str]:
        text = "".join(span.text for span in entry.cells[self.sort or 0])
        return natural(text)

    # Drawing

    @property
    def title(self) -> str:
        """The panel's name, and what was done to its rows."""
        done = [f"/{self.filter}" if self.filter else "", "faults" if self.is_faults_only else ""]
        if self.sort is not None and self._board is not None:
            columns = self._panel.columns(self._board)
            done.append(f"by {columns[self.sort % len(columns)].title.lower()}")
        return "  ".join([self._panel.title, *(one for one in done if one)])

    def note(self) -> Row:
        """The age of its data."""
        if self._board is None or self._at is None:
            return ()
        return freshness(self._board.of_kinds(*self._panel.KINDS), self._at)

    def inside(self, width: int, height: int) -> Sequence[Row]:
        """Errors, the table round the cursor, and below it the details."""
        self._cursor_y = None
        if self._board is None or self._at is None:
            return ()
        entries = self.kept()
        if not entries:
            if self.filter or self.is_faults_only:
                return (row(Span("no row is left by the filter", "dim")),)
            return self._panel.rows(self._board, self._at, width, height)
        errors = login_errors(self._board.of_kinds(*self._panel.KINDS))
        place = self._place(entries)
        self._key = entries[place].key
        beside_in = width if self.is_beside else 0
        said = details(entries[place], self._at, lines=DIALOGUE, beside_in=beside_in)
        room = max(1, min(len(entries), max(height - len(said) - 2, height // 2 - 1)))
        self._top = max(0, min(self._top, place, len(entries) - room), place - room + 1)
        columns = self._panel.columns(self._board)
        table = _table(columns, entries, slice(self._top, self._top + room), width)
        self._cursor_y = len(errors) + 1 + place - self._top
        line = row(Span("─" * width, "frame"))
        used = len(errors) + len(table) + 1
        self._details_top = max(0, min(self._details_top, len(said) - (height - used)))
        return (*errors, *table, line, *said[self._details_top :])[:height]

    def cursor_line(self) -> int | None:
        """The chosen entry's line."""
        return None if self._cursor_y is None else self._cursor_y + 1

    def _place(self, entries: Sequence[Entry]) -> int:
        """Where the cursor is: on the entry it was on, else at the top."""
        return next((n for n, entry in enumerate(entries) if entry.key == self._key), 0)

    # Keys

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        entries = self.kept()
        if entries:
            place = max(0, min(self._place(entries) + by, len(entries) - 1))
            self._key, self._details_top = entries[place].key, 0
            self.redraw()

    def action_sort(self) -> None:
        """Sort by the next column; after the last, as the config has it."""
        if self._board is not None:
            following = 0 if self.sort is None else self.sort + 1
            is_over = following >= len(self._panel.columns(self._board))
            self.sort = None if is_over else following
            self.redraw()

    def action_faults(self) -> None:
        """Show only rows that something is wrong with, or all again."""
        self.is_faults_only = not self.is_faults_only
        self.redraw()

    def action_beside(self) -> None:
        """Show a diff side by side, or line by line again."""
        self.is_beside = not self.is_beside
        self.redraw()

    def action_scroll_details(self, by: int) -> None:
        """Scroll the details."""
        self._details_top = max(0, self._details_top + by)
        self.redraw()


def _table(
    columns: Sequence[Column], entries: Sequence[Entry], shown: slice, width: int
) -> list[Row]:
    widths = lay_out(columns, [entry.cells for entry in entries], width)
    return [
        header(columns, widths),
        *(draw(columns, widths, entry.cells) for entry in entries[shown]),
    ]


def matches(entry: Entry, wanted: str) -> bool:
    """Whether the filter keeps it: a substring in any case, ``!`` before it for the inverse."""
    is_inverse = wanted.startswith("!")
    text = wanted.removeprefix("!").casefold()
    return not text or (text in entry.text) != is_inverse


def natural(text: str) -> tuple[float, str]:
    """A key that sorts figures by size, the largest first, and before words.

    >>> sorted(["9", "mail1", "1,204"], key=natural)
    ['1,204', '9', 'mail1']
    >>> sorted(["41m", "5d", "3h"], key=natural)
    ['5d', '3h', '41m']
    """
    found = FIGURE.match(text)
    if not found:
        return math.inf, text
    return -float(found[1].replace(",", "")) * UNITS[found[2]], text
