"""`MessageList`: the messages of a queue, 100,000 of them without a stall.

Sorting happens in steps that let go of the interpreter's lock.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType

from checks.facts import Waiting
from widgets.columns import Cells, Column
from widgets.figures import brief, size
from widgets.listing import Listing
from widgets.panel import cells
from widgets.panels.queue import why_first
from widgets.text import Row, row

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


class MessageList(Listing[Waiting]):
    """Shows `rows`, which `show` hands over."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("o", "sort", "Sort")]
    NOTHING_LEFT = "no message is left by the filter"

    def __init__(self, name: str, says: str) -> None:
        """`says` stands in the list until there is one."""
        super().__init__(name, says)
        self._at: datetime | None = None
        self._sort = 0

    def show(self, rows: Sequence[Waiting], at: datetime, says: str) -> None:
        """Show other messages, of that time; `says` stands where there are none."""
        self._all, self._at, self._says = rows, at, says
        self.sift()

    def sifted(self) -> Sequence[Waiting]:
        """What the filter keeps, sorted."""
        return kept(self._all, self._text, self._sort)

    @property
    def title(self) -> str:
        """Whose messages, and what was done to them."""
        done = [self._name, f"/{self._text}" if self._text else ""]
        done.append(f"by {COLUMNS[self._sort].title.lower()}")
        return "  ".join(filter(None, done))

    def columns(self) -> Sequence[Column]:
        """Always the same."""
        return COLUMNS

    def cells(self, one: Waiting) -> Cells:
        """A message."""
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

    def below(self, one: Waiting, width: int) -> Sequence[Row]:  # noqa: ARG002
        """Why it waits."""
        return (row(one.reason or "no reason is told"),)

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._sort = (self._sort + 1) % len(COLUMNS)
        self.sift()
