"""Leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.console.command import Command

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen


class Quit(Command):
    """``q``: leave the console."""

    KEYS = ("q",)
    WORD = "Close"
    HELP = "leave the console"
    PLACE = 90
    IS_PINNED = True

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Leave."""
        screen.app.exit(0)
