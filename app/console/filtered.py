"""A list with a filter that opens below it."""

from __future__ import annotations

from typing import ClassVar, Protocol, cast

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from app.console.typed_ahead import TypedAhead
from widgets.fields import Line


class _Searched(Protocol):
    def search(self, text: str) -> None:
        """Keep the rows that hold `text`."""


class Filtered(TypedAhead[None]):
    """Filters `LIST` while it is typed; Escape closes the filter first, then the screen."""

    LIST: ClassVar[type[Widget]]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back"),
        Binding("q", "dismiss"),
        Binding("slash", "find"),
    ]
    DEFAULT_CSS = """
    Filtered Input, Filtered Input:focus {
        display: none; height: 1; border: none; padding: 0 1;
    }
    Filtered Input.-open { display: block; }
    """
    is_typing = False

    @staticmethod
    def filter_line(rows: str = "those") -> Line:
        """The line that it is typed into."""
        return Line(placeholder=f"filter; !word for {rows} without it", select_on_focus=False)

    def action_find(self) -> None:
        """Open the filter."""
        self.is_typing = True
        line = self.query_one(Input)
        line.add_class("-open")
        self.set_focus(line)
        self.type()

    def action_back(self) -> None:
        """Close the filter, then the screen."""
        if not self.is_typing:
            self.dismiss()
            return
        self.query_one(Input).value = ""
        self._close_filter()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while it is typed."""
        cast(_Searched, self.query_one(self.LIST)).search(event.value)

    def on_input_submitted(self) -> None:
        """Keep the filter, back to the rows."""
        self._close_filter()

    def _close_filter(self) -> None:
        self.is_typing = False
        self.query_one(Input).remove_class("-open")
        self.set_focus(self.query_one(self.LIST))
