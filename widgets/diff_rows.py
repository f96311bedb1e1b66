"""A unified diff as rows, what changed within a line marked; or side by side. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from widgets.text import Row, Span, fit, pad, row

LEAST_ALIKE = 0.3
"""Part of two lines that is the same, below which they are two lines and not one that changed."""

BETWEEN = Span(" │ ", "frame")

Block = tuple[list[str], list[str]]
"""Lines that went and that came, without their signs; twice the same list for what is neither."""


def unified(lines: Sequence[str]) -> tuple[Row, ...]:
    """The diff line by line."""
    rows: list[Row] = []
    for old, new in _blocks(lines):
        if old is new:
            rows.append(row(Span(old[0], "dim")))
            continue
        marked = [_marked(a, b) for a, b in zip(old, new, strict=False)]
        rows += [left for left, _ in marked]
        rows += [_whole("-", line) for line in old[len(marked) :]]
        rows += [right for _, right in marked]
        rows += [_whole("+", line) for line in new[len(marked) :]]
    return tuple(rows)


def beside(lines: Sequence[str], width: int) -> tuple[Row, ...]:
    """What was on the left and what is on the right, in `width` cells."""
    half = (width - len(BETWEEN.text)) // 2
    rows = []
    for old, new in _blocks(lines):
        for a, b in zip_longest(old, new):
            left, right = _pair(a, b, is_same=old is new)
            rows.append((*pad(left, half), BETWEEN, *fit(right, half)))
    return tuple(rows)


def _pair(old: str | None, new: str | None, *, is_same: bool) -> tuple[Row, Row]:
    if is_same:
        both = row(Span(old or "", "dim"))
        return both, both
    if old is not None and new is not None:
        return _marked(old, new)
    return (_whole("-", old), ()) if old is not None else ((), _whole("+", new or ""))


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    old: list[str] = []
    new: list[str] = []
    for line in (*lines, ""):
        if line.startswith("-") and not new:
            old.append(line[1:])
        elif line.startswith("+"):
            new.append(line[1:])
        else:
            if old or new:
                yield old, new
            old, new = ([line[1:]], []) if line.startswith("-") else ([], [])
            if line and not line.startswith(("-", "@@")):
                same = [line]
                yield same, same


def _whole(sign: str, line: str) -> Row:
    return row(Span(f"{sign}{line}", "add" if sign == "+" else "remove"))


def _marked(old: str, new: str) -> tuple[Row, Row]:
    """Both lines; where they are one line that changed, with what changed in it."""
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    if head + tail < LEAST_ALIKE * max(len(old), len(new)):
        return _whole("-", old), _whole("+", new)
    return _parts("-", old, head, tail), _parts("+", new, head, tail)


def _alike(one: str, other: str) -> int:
    """How many characters are the same, from the start on."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _parts(sign: str, line: str, head: int, tail: int) -> Row:
    role = "add" if sign == "+" else "remove"
    end = len(line) - tail
    parts = (sign + line[:head], role), (line[head:end], f"{role}-part"), (line[end:], role)
    return tuple(Span(text, kind) for text, kind in parts if text)
