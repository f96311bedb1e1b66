"""An act: a command that needs an open incident."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.console.command import Command

if TYPE_CHECKING:
    from app.console.hand import Hand
    from app.console.screens.main import MainScreen
    from app.incident.situation import Situation


class Act(Command):
    """Asks what it has to, and writes what came of it into the log."""

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Begin, if an incident is open."""
        now = screen.hand.situation
        if now is None:
            screen.say("no incident is open")
        else:
            screen.hand.start(self.work(screen.hand, now))

    async def work(self, hand: Hand, now: Situation) -> None:
        """Ask and write."""
        raise NotImplementedError
