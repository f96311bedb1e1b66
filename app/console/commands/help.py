"""The keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.console.command import Command, commands

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen


class Help(Command):
    """``?``: the keys."""

    KEYS = ("question_mark",)
    SHOWN = "?"
    WORD = "Help"
    HELP = "the keys, and how to read the screen"
    PLACE = 80
    IS_PINNED = True

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Show the keys."""
        from app.console.screens.help import HelpScreen

        offered = [command for command in commands() if command.is_offered(screen.session)]
        await screen.app.push_screen(HelpScreen(offered))
