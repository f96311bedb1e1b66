"""Spare a slow line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.console.command import Command

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen


class SlowLine(Command):
    """``l``: wait more between pictures."""

    KEYS = ("l",)
    WORD = "Slow"
    HELP = "spare a slow line: few pictures; what turns is shown at once. By itself when ssh lags"
    PLACE = 75

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Spare the line, or no longer."""
        screen.is_slow = not screen.is_slow
        screen.say("sparing the line" if screen.is_slow else "no longer sparing the line")
