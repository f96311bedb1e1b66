"""Keys that come before the line they are meant for has the focus."""

from __future__ import annotations

from typing import TypeVar

from textual import events
from textual.screen import Screen
from textual.widgets import Input

T = TypeVar("T")


class TypedAhead(Screen[T]):
    """A screen that takes them for its one line; the app hands over what nobody took.

    On a slow line several keys come at once: the q of ``/queue`` must not leave. `is_typing` says
    whether letters are meant for the line.
    """

    is_typing = True
    _typed = ""

    def take(self, event: events.Key) -> bool:
        """Whether the key was meant for the line."""
        if self.is_typing and event.is_printable and event.character:
            self.type(event.character)
            return True
        return False

    def type(self, text: str = "") -> None:
        """Put `text`, and what came before there was a line, into the line."""
        self._typed += text
        for line in self.query(Input):
            line.insert_text_at_cursor(self._typed)
            self._typed = ""
