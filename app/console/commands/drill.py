"""In the drill: break the practice mail, and mend it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.console.command import Command

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen
    from app.console.session import Session


class BreakOrMend(Command):
    """``b``: one fault, or the end of it."""

    KEYS = ("b",)
    WORD = "Break"
    HELP = "break the practice mail in a way you pick; again: mend it"
    PLACE = 5

    def is_offered(self, session: Session) -> bool:
        """Only in the drill; nothing else is ever broken by us."""
        return session.drill is not None

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Mend what is broken, else ask what to break."""
        from app.console.screens.pick import PickScreen

        drill = screen.session.drill
        if drill is None:
            return
        engine = screen.session.engine
        if drill.broken:
            await asyncio.wrap_future(engine.submit(drill.heal()))
            screen.say("mended; see the bar turn back")
            return

        def inject(name: str | None) -> None:
            if name is not None:
                engine.submit(drill.inject(name))
                screen.say("broken; see the bar turn. b mends it")

        faults = [(fault.name, fault.title) for fault in drill.faults]
        await screen.app.push_screen(PickScreen("Break the practice mail", faults), inject)
