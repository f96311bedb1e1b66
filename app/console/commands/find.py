"""Search in the panel that has the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.console.command import Command

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen


class Find(Command):
    """``/``: the filter."""

    KEYS = ("slash",)
    SHOWN = "/"
    WORD = "Find"
    HELP = "filter the panel's rows; /!word shows those without it"
    PLACE = 50

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Open the panel full screen, its filter ready."""
        screen.open_panel(find=True)
