"""Go to the procedure, or put it away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.console.command import Command

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen


class Sop(Command):
    """``s``: the sidebar."""

    KEYS = ("s",)
    WORD = "SOP"
    HELP = "show or hide the procedure: seven steps and their items"
    PLACE = 20

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Show or hide the sidebar."""
        screen.toggle_class("-sop-shown" if screen.has_class("-narrow") else "-sop-hidden")
