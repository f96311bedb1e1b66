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
    Of a brief one (`is_brief`) each cell's first span will do where there is no room for more.
    `gap` are the blank cells before it.
    """

    title: str
    priority: int = 1
    least: int = 1
    is_right: bool = False
    is_flexible: bool = False
    is_brief: bool = False
    gap: int = GAP


def lay_out(columns: Sequence[Column], lines: Sequence[Cells], width: int) -> tuple[int, ...]:
    """The width of each column; 0 for one that has left."""
    for brief in (False, True):
        full = [
            max(len(column.title), column.least, *_needed(column, place, lines, is_brief=brief))
            for place, column in enumerate(columns)
        ]
        if total(columns, _wished(columns, full)) <= width:
            break
    shown = set(range(len(columns)))
    while True:
        widths = [full[place] if place in shown else 0 for place in range(len(columns))]
        if _shrink(columns, widths, width):
            return tuple(widths)
        leaving = [place for place in shown if columns[place].priority > 0]
        if not leaving:
            return tuple(_cut(columns, widths, width))
        shown.remove(max(leaving, key=lambda place: (columns[place].priority, place)))


def _wished(columns: Sequence[Column], full: Sequence[int]) -> list[int]:
    """The widths with which nobody lacks anything: of long text three times its least will do."""
    return [
        min(needed, 3 * _least(column)) if column.is_flexible else needed
        for column, needed in zip(columns, full, strict=True)
    ]


def _needed(
    column: Column, place: int, lines: Sequence[Cells], *, is_brief: bool
) -> tuple[int, ...]:
    """The cells that each line needs of a column."""
    if is_brief and column.is_brief:
        return (*(width_of(cells[place][:1]) for cells in lines), 0)
    return (*(width_of(cells[place]) for cells in lines), 0)


def _shrink(columns: Sequence[Column], widths: list[int], width: int) -> bool:
    """Let flexible columns give way, the widest first; whether it fits then."""
    for _ in columns:
        excess = total(columns, widths) - width
        if excess <= 0:
            return True
        slack = [
            widths[place] - _least(column) if column.is_flexible and widths[place] else 0
            for place, column in enumerate(columns)
        ]
        place = max(range(len(slack)), key=slack.__getitem__)
        widths[place] -= max(0, min(slack[place], excess))
    return total(columns, widths) <= width


def _least(column: Column) -> int:
    return max(column.least, len(column.title))


def _cut(columns: Sequence[Column], widths: list[int], width: int) -> list[int]:
    """What is left of columns that may not leave, where even they have no room."""
    room = width
    kept: list[int] = []
    for column, wanted in zip(columns, widths, strict=True):
        gap = column.gap if any(kept) else 0
        kept.append(max(0, min(wanted, room - gap)))
        room -= kept[-1] + gap if kept[-1] else 0
    return kept


def total(columns: Sequence[Column], widths: Sequence[int]) -> int:
    """The cells of a whole row."""
    return start_of(columns, widths, len(widths))


def start_of(columns: Sequence[Column], widths: Sequence[int], place: int) -> int:
    """Where what comes at `place` starts, in cells from the left; at the end, where it ends."""
    start = 0
    for column, width in zip(columns[:place], widths[:place], strict=True):
        start += (column.gap if start else 0) + width if width else 0
    return start + (columns[place].gap if place < len(columns) and start else 0)


def header(columns: Sequence[Column], widths: Sequence[int]) -> Row:
    """The titles."""
    return draw(columns, widths, tuple((Span(column.title, "head"),) for column in columns))


def draw(columns: Sequence[Column], widths: Sequence[int], cells: Cells) -> Row:
    """One row of the table."""
    spans: list[Span] = []
    shown = [place for place, width in enumerate(widths) if width]
    for place in shown:
        column, cell = columns[place], cells[place]
        if spans:
            spans.append(Span(" " * column.gap))
        if column.is_brief and width_of(cell) > widths[place]:
            cell = cell[:1]
        if place == shown[-1] and not column.is_right:
            spans.extend(fit(cell, widths[place]))
        else:
            spans.extend(pad(cell, widths[place], is_right=column.is_right))
    return tuple(spans)
