"""Text in lines and columns of a width, counted in terminal cells."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

GAP = 2
"""Blanks between two columns."""

NARROWEST = 6
"""Cells that a column keeps, however wide the others are."""


def cells(text: str) -> int:
    """How many columns `text` takes: East Asian wide letters two, accents none (UAX 11)."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrap(text: str, width: int) -> Iterator[str]:
    """`text` in lines of at most `width` cells, broken at blanks where there are any."""
    while cells(text) > width:
        fits = _fitting(text, width)
        blank = text.rfind(" ", 1, fits + 1)
        cut = blank if blank > 0 and text[:blank].strip() else fits
        yield text[:cut].rstrip()
        text = text[cut:].lstrip()
    yield text


def _fitting(text: str, width: int) -> int:
    """How many characters fit into `width` cells; one at least."""
    if text.isascii():
        return width
    used = 0
    for number, character in enumerate(text):
        used += _cells(character)
        if used > width:
            return max(1, number)
    return len(text)


def clip(text: str, width: int) -> str:
    """`text` in exactly `width` cells, a longer one with an ellipsis."""
    if cells(text) > width:
        text = text[: _fitting(text, width - 1)] + "…"
    return text + " " * (width - cells(text))


def columns(rows: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """Each row as the lines that it takes in `width` cells, one column under the other."""
    widths = _widths(rows, width)
    return [_row(row, widths) for row in rows]


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """What each column needs; where that is too much, the widest give way."""
    found = [max(min(cells(cell), width) for cell in column) for column in zip(*rows, strict=True)]
    room = width - GAP * (len(found) - 1)
    while sum(found) > room:
        widest = found.index(max(found))
        if found[widest] <= NARROWEST:
            break
        found[widest] -= 1
    return found


def _row(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    wrapped = [list(wrap(cell, width)) for cell, width in zip(row, widths, strict=True)]
    lines = []
    for number in range(max(map(len, wrapped))):
        parts = [column[number] if number < len(column) else "" for column in wrapped]
        padded = (clip(part, width) for part, width in zip(parts, widths, strict=True))
        lines.append((" " * GAP).join(padded).rstrip())
    return lines
