"""The quiet frame round a panel. Pure.

Drawn as part of the rows, not as a CSS border: a changed age in it then costs one line instead of
the whole panel.
"""

from __future__ import annotations

from collections.abc import Sequence

from widgets.text import Row, Span, fit, pad, width_of


def frame(
    rows: Sequence[Row],
    title: str,
    note: Row,
    width: int,
    height: int,
    role: str = "frame",
) -> tuple[Row, ...]:
    """`rows` in a frame of `width` by `height` cells.

    `role` is that of its upper edge alone: a change of focus then costs two lines, not two panels.
    """
    if width < 6 or height < 2:
        return tuple(fit(row, width) for row in rows[:height])
    left, right = Span("│ ", "frame"), Span(" │", "frame")
    body = [
        (left, *pad(rows[y] if y < len(rows) else (), width - 4), right) for y in range(height - 2)
    ]
    bottom = (Span("╰" + "─" * (width - 2) + "╯", "frame"),)
    return (_top(title, note, width, role), *body, bottom)


def _top(title: str, note: Row, width: int, role: str) -> Row:
    """The upper edge: ``╭─ 1 Servers ────── 5s ─╮``."""
    room = width - 4
    head = fit((Span(f" {title} ", "strong" if role == "focus" else "dim"),), room)
    tail: Row = (Span(" "), *note, Span(" ")) if note else ()
    if width_of(head) + width_of(tail) > room:
        tail = ()
    line = Span("─" * (room - width_of(head) - width_of(tail)), role)
    return (Span("╭─", role), *head, line, *tail, Span("─╮", role))
