"""`Listing`: rows by the hundred thousand, of which only those in sight are drawn.

Sifting happens in a thread; until it is done the list stays as it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType

from widgets.columns import Cells, Column, draw, header, lay_out
from widgets.lines import Framed
from widgets.text import Row, Span, row

T = TypeVar("T")


class Listing(Framed, Generic[T]):
    """A table with a cursor, and below it what there is to say of the chosen row."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("home,g", "move(-10000000)", "Top", show=False),
        Binding("end,G", "move(10000000)", "End", show=False),
    ]
    DEFAULT_CSS = "Listing { height: 1fr; }"
    NOTHING_LEFT = "nothing is left by the filter"
    BELOW: ClassVar[int] = 1
    """Lines below the rule."""
    can_focus = True

    def __init__(self, name: str, says: str) -> None:
        """`says` stands in the list until there is one."""
        super().__init__()
        self._name = name
        self._says = says
        self._all: Sequence[T] = ()
        self._kept: Sequence[T] = ()
        self._text = ""
        self._place = self._top = 0
        self._wanted = self._sifted = 0

    # What a listing says

    def columns(self) -> Sequence[Column]:
        """Its columns."""
        raise NotImplementedError

    def cells(self, one: T) -> Cells:
        """One row."""
        raise NotImplementedError

    def sifted(self) -> Sequence[T]:
        """The rows that are wanted, in their order; called in a thread."""
        raise NotImplementedError

    def below(self, one: T, width: int) -> Sequence[Row]:
        """What there is to say of the chosen one, in `BELOW` lines."""
        raise NotImplementedError

    # Data in

    def say(self, text: str) -> None:
        """Show that instead of rows."""
        self._says = text
        self.redraw()

    def search(self, text: str) -> None:
        """Keep the rows that hold `text`; after a ``!``, those that do not."""
        self._text = text
        self.sift()

    @property
    def chosen(self) -> T | None:
        """The row under the cursor."""
        return self._kept[self._place] if self._place < len(self._kept) else None

    def sift(self) -> None:
        """Sift in a thread; an order that is no longer wanted is dropped."""
        self._wanted += 1
        # The function, not what it returns: that would never be awaited if it is cancelled at once.
        self.run_worker(self._arranged, group="sift", exclusive=True)  # type: ignore[arg-type]

    async def _arranged(self) -> None:
        wanted = self._wanted
        chosen = self.chosen
        rows = await asyncio.to_thread(self.sifted)
        if wanted != self._wanted:
            return
        self._kept, self._sifted = rows, wanted
        same = chosen is not None and self._place < len(rows) and rows[self._place] is chosen
        self._place = self._place if same else 0
        self.redraw()

    # Drawing

    def note(self) -> Row:
        """Where we are."""
        if not self._kept:
            return ()
        of_all = f" (of {len(self._all):,})" if len(self._kept) != len(self._all) else ""
        return row(Span(f"{self._place + 1:,} of {len(self._kept):,}{of_all}", "dim"))

    def inside(self, width: int, height: int) -> Sequence[Row]:
        """The rows in sight, and below them what there is to say of the chosen one."""
        chosen = self.chosen
        if chosen is None:
            says = self.NOTHING_LEFT if self._all else self._says
            return (row(Span(says, "dim")),)
        room = max(1, height - 2 - self.BELOW)
        self._top = max(0, min(self._top, self._place), self._place - room + 1)
        drawn = [self.cells(one) for one in self._kept[self._top : self._top + room]]
        columns = self.columns()
        widths = lay_out(columns, drawn, width)
        table = [header(columns, widths), *(draw(columns, widths, one) for one in drawn)]
        blank = [row()] * (room - len(drawn))
        rule = row(Span("─" * width, "frame"))
        return (*table, *blank, rule, *self.below(chosen, width))

    def cursor_line(self) -> int | None:
        """The chosen row's line."""
        return 2 + self._place - self._top if self._kept else None

    # Keys

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._place = max(0, min(self._place + by, len(self._kept) - 1))
        self.redraw()

    def action_page(self, pages: int) -> None:
        """Move by so many screens."""
        self.action_move(pages * max(1, self.content_size.height - 4 - self.BELOW))
