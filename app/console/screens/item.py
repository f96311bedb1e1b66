"""One item of the procedure: what, why, how it stands, and its history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from app.incident.entry import Entry
from app.sop.details import details
from app.sop.progress import Progress
from widgets.key_bar import KeyBar
from widgets.reader import Reader
from widgets.text import Row, Span, row


class ItemScreen(Screen[None]):
    """It stands still while it is read."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter", "dismiss")]

    def __init__(self, one: Progress, entries: Sequence[Entry], calls: Sequence[str] = ()) -> None:
        """`calls` are whom to call for it."""
        super().__init__()
        self._one = one
        self._entries = entries
        self._calls = calls

    def compose(self) -> ComposeResult:
        """One text, and how to leave."""
        yield Reader(f"{self._one.item.title}: {self._one.state}", list(self._rows()))
        yield KeyBar([("↑↓", "move")], ("Esc", "back"))

    def _rows(self) -> Iterable[Row]:
        for section in details(self._one, self._entries, self._calls):
            yield row(Span(section.title, "head"))
            for line in section.lines:
                yield row(f"  {line}")
            yield ()
