"""The last thing before the terminal: no control or bidi character passes, whoever drew it.

`checks.text.visible` stands at the entrance; this stands behind it, for what went round it.
"""

from __future__ import annotations

import sys

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from widgets.state import ASCII
from widgets.text import UNSAFE


class ControlFilter(LineFilter):
    """Deletes what a terminal obeys from every segment, keeping its width in cells.

    Where `encoding` is not UTF-8 (the terminal's own, when left out) everything is drawn in ASCII.
    Equal filters are one to Textual's cache of filtered lines.
    """

    def __init__(self, encoding: str = "") -> None:
        super().__init__()
        encoding = encoding or getattr(sys.__stderr__, "encoding", "") or ""
        self.is_ascii = encoding.lower().replace("-", "") != "utf8"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ControlFilter) and self.is_ascii == other.is_ascii

    def __hash__(self) -> int:
        return hash((ControlFilter, self.is_ascii))

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """The segments, harmless."""
        return [
            segment
            if segment.text.isascii() and segment.text.isprintable()
            else Segment(self._clean(segment.text), segment.style, segment.control)
            for segment in segments
        ]

    def _clean(self, text: str) -> str:
        clean = UNSAFE.sub("", text)
        if self.is_ascii:
            clean = "".join(
                character if character.isascii() else "?" * cell_len(character)
                for character in clean.translate(ASCII)
            )
        return clean + " " * (cell_len(text) - cell_len(clean))
