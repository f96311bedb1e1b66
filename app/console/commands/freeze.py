"""Hold the screen still, to read it or to copy from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.console.command import Command

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen


class Freeze(Command):
    """``z``: hold the screen."""

    KEYS = ("z",)
    WORD = "Freeze"
    HELP = "hold the screen still; the checks go on behind it"
    PLACE = 70

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Hold the screen, or let it go on."""
        screen.freeze()
