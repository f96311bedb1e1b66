"""Go to a panel; in a small terminal, show it instead of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.console.command import Command

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen


class Panels(Command):
    """``1`` to ``4``: a panel."""

    KEYS = ("1", "2", "3", "4")
    SHOWN = "1-4"
    WORD = "Panel"
    HELP = "go to a panel: servers, reachability, queue, config; Enter opens it full screen"
    PLACE = 10

    async def run(self, screen: MainScreen, key: str) -> None:
        """Go to the panel with that number."""
        screen.go_to_panel(int(key) if key.isdigit() else 1)
