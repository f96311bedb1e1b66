"""`Reader`: a text that may be longer than the screen, in a frame, moved with the usual keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from widgets.lines import Framed
from widgets.text import Row, Span


class Reader(Framed, can_focus=True):
    """Shows `rows`; arrows, pages, Home and End move."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup,b", "page(-1)", show=False),
        Binding("pagedown,space", "page(1)", show=False),
        Binding("home,g", "move(-1000000)", show=False),
        Binding("end,G", "move(1000000)", show=False),
    ]

    def __init__(self, title: str, rows: Sequence[Row]) -> None:
        super().__init__()
        self._title = title
        self._text = tuple(rows)
        self._top = 0

    def show(self, title: str, rows: Sequence[Row]) -> None:
        """Show another text, from where we are."""
        self._title, self._text = title, tuple(rows)
        self.redraw()

    @property
    def is_at_end(self) -> bool:
        """Whether the last row is in sight."""
        return self._top + self.content_size.height - 2 >= len(self._text)

    @property
    def title(self) -> str:
        """What stands in the frame, left."""
        return self._title

    def note(self) -> Row:
        """Where we are, when there is more than fits."""
        height = max(1, self.content_size.height - 2)
        if len(self._text) <= height:
            return ()
        last = min(len(self._text), self._top + height)
        return (Span(f"{self._top + 1}–{last} of {len(self._text)}", "dim"),)

    def inside(self, width: int, height: int) -> Sequence[Row]:  # noqa: ARG002
        """The rows in sight."""
        self._top = max(0, min(self._top, len(self._text) - height))
        return self._text[self._top : self._top + height]

    def action_move(self, rows: int) -> None:
        """Move by so many rows."""
        self._top = max(0, self._top + rows)
        self.redraw()

    def action_page(self, pages: int) -> None:
        """Move by so many screens."""
        self.action_move(pages * max(1, self.content_size.height - 3))
