"""A page to write on; apart from the one-line field, because loading it takes 40 ms."""

from __future__ import annotations

from textual import events
from textual.widgets import TextArea

from widgets.fields import act_in_turn


class Page(TextArea):
    """Many lines."""

    async def on_key(self, event: events.Key) -> None:
        """Act in turn."""
        await act_in_turn(self, event)
