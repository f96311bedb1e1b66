"""A note for the incident's log, of as many lines as it takes; from any screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.console.command import Command

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen


class Note(Command):
    """``n``: a note."""

    KEYS = ("n",)
    WORD = "Note"
    HELP = "write a note into the incident's log; what is typed is kept until it is written"
    PLACE = 16
    IS_EVERYWHERE = True

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Go on with what was typed before, else begin."""
        from app.console.keeper import Keeper
        from app.console.screens.note import NoteScreen
        from app.drafts import NOTE

        now = screen.hand.situation
        keeper = await Keeper.take(NOTE, now.id if now else "")
        await screen.app.push_screen(NoteScreen(screen.hand, keeper))
