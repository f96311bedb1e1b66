"""The log of the incident, printed or into files, as it is now."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.console.command import Command

if TYPE_CHECKING:
    from app.console.hand import Hand
    from app.console.screens.main import MainScreen
    from app.incident.situation import Situation


class Print(Command):
    """``p``: print."""

    KEYS = ("p",)
    WORD = "Print"
    HELP = "print the incident's log as it is now, or write it into files"
    PLACE = 55

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Print the incident that is open, else the one that was closed last."""
        now = screen.scene.situation if screen.scene else None
        if now is None:
            screen.say("no incident is open; `mailmedic incident print` prints an earlier one")
        else:
            screen.hand.start(_print(screen.hand, now))


async def _print(hand: Hand, now: Situation) -> None:
    from app.console.farewell import deliver
    from app.console.outputs import farewell, where_to

    outputs = await where_to(hand, "Print the log as it is now")
    if outputs is None:
        return
    parting = farewell(hand, now)
    for said in await asyncio.to_thread(lambda: list(deliver(parting.story(), outputs))):
        hand.say(str(said))
