"""What changed in the configuration, full screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.console.command import Command

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen


CONFIG_PANEL = 4


class Diff(Command):
    """``d``: the differences."""

    KEYS = ("d",)
    WORD = "Diff"
    HELP = "what changed in the configuration since the baseline"
    PLACE = 40

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Open the config panel full screen."""
        screen.open_panel(CONFIG_PANEL)
