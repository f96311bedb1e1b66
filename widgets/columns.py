"""Tables as rows of text: which columns fit, how wide each is. Pure.

As the width goes down, flexible columns give way first, then columns leave by priority; a cell that
is too long ends in ``…``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

from widgets.text import Row, Span, fit, pad, width_of

GAP = 2

Cells: TypeAlias = tuple[Row, ...]


class Column(Struct, frozen=True, kw_only=True):
    """A column. The highest `priority` number leaves first; 0 never leaves.

    `least` cells are kept even for short values, so that figures don't make the table jump;
    a flexible column (`is_flexible`) can shrink to that, others are shown whole or not at all.
    """

    title: str
    priority: int = 1
    least: int = 1
    is_right: bool = False
    is_flexible: bool = False


def lay_out(columns: Sequence[Column], lines: Sequence[Cells], width: int) -> tuple[int, ...]:
    """The width of each column; 0 for one that has left."""
    full = [
        max(len(column.title), column.least, *(width_of(cells[place]) for cells in lines), 0)
        for place, column in enumerate(columns)
    ]
    shown = set(range(len(columns)))
    while True:
        widths = [full[place] if place in shown else 0 for place in range(len(columns))]
        if _shrink(columns, widths, width):
            return tuple(widths)
        leaving = [place for place in shown if columns[place].priority > 0]
        if not leaving:
            return tuple(_cut(widths, width))
        shown.remove(max(leaving, key=lambda place: (columns[place].priority, place)))


def _shrink(columns: Sequence[Column], widths: list[int], width: int) -> bool:
    """Let flexible columns give way, the widest first; whether it fits then."""
    for _ in columns:
        excess = total(widths) - width
        if excess <= 0:
            return True
        slack = [
            widths[place] - _least(column) if column.is_flexible and widths[place] else 0
            for place, column in enumerate(columns)
        ]
        place = max(range(len(slack)), key=slack.__getitem__)
        widths[place] -= max(0, min(slack[place], excess))
    return total(widths) <= width


def _least(column: Column) -> int:
    return max(column.least, len(column.title))


def _cut(widths: list[int], width: int) -> list[int]:
    """What is left of columns that may not leave, where even they have no room."""
    room = width
    kept = []
    for wanted in widths:
        kept.append(max(0, min(wanted, room)))
        room -= kept[-1] + GAP if kept[-1] else 0
    return kept


def total(widths: Sequence[int]) -> int:
    """The cells of a whole row."""
    shown = [width for width in widths if width]
    return sum(shown) + GAP * max(0, len(shown) - 1)


def start_of(widths: Sequence[int], place: int) -> int:
    """Where a column starts, in cells from the left."""
    return sum(width + GAP for width in widths[:place] if width)


def header(columns: Sequence[Column], widths: Sequence[int]) -> Row:
    """The titles."""
    return draw(columns, widths, tuple((Span(column.title, "head"),) for column in columns))


def draw(columns: Sequence[Column], widths: Sequence[int], cells: Cells) -> Row:
    """One row of the table."""
    spans: list[Span] = []
    shown = [place for place, width in enumerate(widths) if width]
    for place in shown:
        if spans:
            spans.append(Span(" " * GAP))
        column = columns[place]
        if place == shown[-1] and not column.is_right:
            spans.extend(fit(cells[place], widths[place]))
        else:
            spans.extend(pad(cells[place], widths[place], is_right=column.is_right))
    return tuple(spans)
