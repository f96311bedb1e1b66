"""Go to the procedure, or put it away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.console.command import Command
from widgets.checklist import Checklist
from widgets.panel import Panel

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen


class Sop(Command):
    """``s``: the sidebar."""

    KEYS = ("s",)
    WORD = "SOP"
    HELP = "go to the procedure: seven steps and their items; from there, put it away"
    PLACE = 20

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Go to the sidebar, or from it back to the panel."""
        sidebar = screen.query_one(Checklist)
        is_away = sidebar.has_focus and sidebar.display
        if screen.has_class("-narrow"):
            screen.set_class(not is_away, "-sop-shown")
        else:
            screen.set_class(is_away, "-sop-hidden")
        chosen = (panel for panel in screen.query(Panel) if panel.has_class("-chosen"))
        # At once, unlike focus(): a key for the sidebar may be the very next one.
        screen.set_focus(next(chosen, None) if is_away else sidebar)
