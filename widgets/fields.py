"""Text fields in which keys act in the order they were typed, however fast they come.

In Textual's own, a letter acts in the field, a key such as Backspace only once it has bubbled up to
the app: of keys that arrive at once, as over a slow line, the letters overtake it, and it deletes
what was typed after it.
"""

from __future__ import annotations

from textual import events
from textual.widget import Widget
from textual.widgets import Input


class Line(Input):
    """One line."""

    async def on_key(self, event: events.Key) -> None:
        """Act in turn."""
        await act_in_turn(self, event)


async def act_in_turn(field: Widget, event: events.Key) -> None:
    """Do what `field` does for a key, now."""
    for binding in field._bindings.key_to_bindings.get(event.key, ()):  # noqa: SLF001
        event.stop()
        event.prevent_default()
        await field.run_action(binding.action)
        return
