"""Tells what to know before one goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from widgets.key_bar import KeyBar
from widgets.reader import Reader
from widgets.text import Row


class TellScreen(Screen[bool | None]):
    """Dismissed with True to go on, else with None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "dismiss(True)"),
        Binding("escape,q", "dismiss(None)"),
    ]

    def __init__(self, title: str, rows: Sequence[Row]) -> None:
        super().__init__()
        self._title = title
        self._rows = rows

    def compose(self) -> ComposeResult:
        """The text, and the two ways out."""
        yield Reader(self._title, self._rows)
        yield KeyBar([("Enter", "go on all the same")], ("Esc", "back"))
