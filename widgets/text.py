"""Text on the screen is never markup: `Span`, `Row` and the cutting of rows by cells.

Textual takes a `str` for markup in most places: ``[@click=app.quit]`` is live, and ``[/]`` ends the
app. Our widgets draw spans, which are not; what goes to a widget of Textual's goes through
`content`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from rich.cells import cell_len, chop_cells, set_cell_size
from textual.content import Content

ELLIPSIS = "…"

UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufe00-\ufe0f\ufeff\ufff9-\uffff\U000e0000-\U000e0fff]"
)
"""Characters that a terminal obeys instead of drawing, or on whose width terminals disagree:
C0, C1, bidi and other format characters, lone surrogates, variation selectors, tags."""


class Span(NamedTuple):
    """A piece of text, and what it is on the screen: a role of `widgets.state.ROLES`."""

    text: str
    role: str = ""


Row: TypeAlias = tuple[Span, ...]


def row(*pieces: str | Span) -> Row:
    """A row of spans; a bare string has no role."""
    return tuple(Span(piece) if isinstance(piece, str) else piece for piece in pieces)


def bare(text: str) -> str:
    r"""`text` without what a terminal would obey.

    >>> bare("220 \x1b[2Jmx")
    '220 [2Jmx'
    """
    return text if text.isascii() and text.isprintable() else UNSAFE.sub("", text)


def content(text: str) -> Content:
    """`text` for a widget of Textual's: no markup, no control characters."""
    return Content(bare(text))


def width_of(spans: Iterable[Span]) -> int:
    """The cells that `spans` take."""
    return sum([cell_len(bare(span.text)) for span in spans])


def broken(text: str, width: int) -> list[str]:
    """`text` whole, on as many lines of `width` cells as it takes; at least one.

    >>> broken("rm -rf /tmp", 8)
    ['rm -rf /', 'tmp']
    """
    return chop_cells(bare(text), max(1, width)) or [""]


@lru_cache(maxsize=4096)
def fit(spans: Row, width: int) -> Row:
    """`spans` in at most `width` cells; what is cut ends in ``…``.

    >>> fit((Span("connection refused", "bad"),), 12)
    (Span(text='connection…', role='bad'),)
    """
    kept: list[Span] = []
    room = width
    for span in spans:
        text = bare(span.text)
        needed = cell_len(text)
        if needed > room:
            return _cut((*kept, Span(text, span.role)), width)
        kept.append(span if text is span.text else Span(text, span.role))
        room -= needed
    return tuple(kept)


def _cut(spans: Row, width: int) -> Row:
    """The head of spans that are too long, with the ellipsis in the last cell."""
    kept: list[Span] = []
    room = width - 1
    for text, role in spans if width > 0 else ():
        if cell_len(text) > room:
            return (*kept, Span(set_cell_size(text, room).rstrip() + ELLIPSIS, role))
        kept.append(Span(text, role))
        room -= cell_len(text)
    return tuple(kept)


@lru_cache(maxsize=4096)
def pad(spans: Row, width: int, *, is_right: bool = False) -> Row:
    """`spans` in exactly `width` cells, filled with blanks or cut."""
    fitted = fit(spans, width)
    room = width - sum([cell_len(span.text) for span in fitted])
    if room <= 0:
        return fitted
    blank = Span(" " * room)
    return (blank, *fitted) if is_right else (*fitted, blank)
