"""Text in lines of a width, counted in terminal cells."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator


def cells(text: str) -> int:
    """How many columns `text` takes: East Asian wide letters two, combining marks none (UAX 11)."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.combining(character):
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
