"""`MessageList`: the messages of a queue, 100,000 of them without a stall.

Only what is in sight is drawn. Sorting and filtering happen in a thread, in steps that let go of
the interpreter's lock; until they are done the list stays as it was.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType

from checks.facts import Waiting
from widgets.columns import Cells, Column, draw, header, lay_out
from widgets.figures import brief
from widgets.lines import Framed
from widgets.panel import cells
from widgets.panels.queue import why_first
from widgets.text import Row, Span, row

STEP = 4096
"""Messages sorted at once: a sort holds the interpreter's lock, of so many for 3 ms."""

COLUMNS = (
    Column(title="AGE", priority=0, least=4, is_right=True),
    Column(title="QUEUE", priority=3),
    Column(title="SIZE", priority=5, least=5, is_right=True),
    Column(title="SENDER", priority=2, least=14, is_flexible=True),
    Column(title="RECIPIENT", priority=0, least=18, is_flexible=True),
    Column(title="WHY", priority=1, least=12, is_flexible=True),
    Column(title="ID", priority=6, least=11),
)

KEYS: tuple[Callable[[Waiting], str | int], ...] = (
    lambda one: one.arrived,
    lambda one: one.queue,
    lambda one: -one.size,
    lambda one: one.sender.casefold(),
    lambda one: domain_first(one.recipient),
    lambda one: one.reason,
    lambda one: one.queue_id,
)
"""What each column is sorted by: the oldest and the largest first."""


def domain_first(address: str) -> str:
    """By domain, then by name: what waits for one server stands together."""
    name, _, domain = address.rpartition("@")
    return f"{domain.casefold()} {name}"


def kept(rows: Sequence[Waiting], text: str, column: int) -> list[Waiting]:
    """The rows that hold `text` (after a ``!``: that do not), sorted by that column."""
    is_inverse, needle = text.startswith("!"), text.removeprefix("!").casefold()
    found = [one for one in rows if (needle in _text(one)) != is_inverse] if needle else rows
    parts = [
        sorted(found[start : start + STEP], key=KEYS[column])
        for start in range(0, len(found), STEP)
    ]
    return list(heapq.merge(*parts, key=KEYS[column]))


def _text(one: Waiting) -> str:
    return f"{one.queue_id} {one.queue} {one.sender} {one.recipient} {one.reason}".casefold()


class MessageList(Framed):
    """Shows `rows`, which `show` hands over."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("home,g", "move(-10000000)", "Top", show=False),
        Binding("end,G", "move(10000000)", "End", show=False),
        Binding("o", "sort", "Sort"),
    ]
    DEFAULT_CSS = "MessageList { height: 1fr; }"
    can_focus = True

    def __init__(self, name: str, says: str) -> None:
        """`says` stands in the list until there is one."""
        super().__init__()
        self._name = name
        self._says = says
        self._all: Sequence[Waiting] = ()
        self._kept: Sequence[Waiting] = ()
        self._at: datetime | None = None
        self._text = ""
        self._sort = 0
        self._place = self._top = 0
        self._wanted = 0

    # Data in

    def say(self, text: str) -> None:
        """Show that instead of rows."""
        self._says = text
        self.redraw()

    def show(self, rows: Sequence[Waiting], at: datetime, says: str) -> None:
        """Show other messages, of that time; `says` stands where there are none."""
        self._all, self._at, self._says = rows, at, says
        self._arrange()

    def search(self, text: str) -> None:
        """Keep the rows that hold `text`; after a ``!``, those that do not."""
        self._text = text
        self._arrange()

    @property
    def chosen(self) -> Waiting | None:
        """The message under the cursor."""
        return self._kept[self._place] if self._place < len(self._kept) else None

    def _arrange(self) -> None:
        """Sort and filter in a thread; an order that is no longer wanted is dropped."""
        self._wanted += 1
        self.run_worker(self._arranged(self._wanted), group="arrange", exclusive=True)

    async def _arranged(self, wanted: int) -> None:
        chosen = self.chosen
        rows = await asyncio.to_thread(kept, self._all, self._text, self._sort)
        if wanted != self._wanted:
            return
        self._kept = rows
        same = chosen is not None and self._place < len(rows) and rows[self._place] is chosen
        self._place = self._place if same else 0
        self.redraw()

    # Drawing

    @property
    def title(self) -> str:
        """Whose messages, and what was done to them."""
        done = [self._name, f"/{self._text}" if self._text else ""]
        done.append(f"by {COLUMNS[self._sort].title.lower()}")
        return "  ".join(filter(None, done))

    def note(self) -> Row:
        """Where we are."""
        if not self._kept:
            return ()
        of_all = f" (of {len(self._all):,})" if len(self._kept) != len(self._all) else ""
        return row(Span(f"{self._place + 1:,} of {len(self._kept):,}{of_all}", "dim"))

    def inside(self, width: int, height: int) -> Sequence[Row]:
        """The rows in sight, and below them why the chosen one waits."""
        chosen = self.chosen
        if chosen is None or self._at is None:
            says = "no message is left by the filter" if self._all else self._says
            return (row(Span(says, "dim")),)
        room = max(1, height - 3)
        self._top = max(0, min(self._top, self._place), self._place - room + 1)
        drawn = [self._cells(one) for one in self._kept[self._top : self._top + room]]
        widths = lay_out(COLUMNS, drawn, width)
        table = [header(COLUMNS, widths), *(draw(COLUMNS, widths, one) for one in drawn)]
        blank = [row()] * (room - len(drawn))
        rule = row(Span("─" * width, "frame"))
        return (*table, *blank, rule, row(chosen.reason or "no reason is told"))

    def cursor_line(self) -> int | None:
        """The chosen message's line."""
        return 2 + self._place - self._top if self._kept else None

    def _cells(self, one: Waiting) -> Cells:
        age = self._at.timestamp() - one.arrived if self._at else 0.0
        others = f" +{one.others:,}" if one.others else ""
        return cells(
            brief(age) if one.arrived > 0 else "?",
            one.queue,
            size(one.size),
            one.sender or "<>",
            f"{one.recipient}{others}",
            why_first(one.reason),
            one.queue_id,
        )

    # Keys

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._place = max(0, min(self._place + by, len(self._kept) - 1))
        self.redraw()

    def action_page(self, pages: int) -> None:
        """Move by so many screens."""
        self.action_move(pages * max(1, self.content_size.height - 5))

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._sort = (self._sort + 1) % len(COLUMNS)
        self._arrange()


def size(count: int) -> str:
    """Bytes in their largest unit.

    >>> [size(count) for count in (317, 2900, 12582912)]
    ['317', '2.8K', '12.0M']
    """
    if count < 1024:
        return str(count)
    return f"{count / 1024:.1f}K" if count < 1 << 20 else f"{count / (1 << 20):.1f}M"
