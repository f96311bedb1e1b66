"""Leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.console.command import Command
from app.incident.operator import is_here, me

if TYPE_CHECKING:
    from app.console.hand import Hand
    from app.console.screens.main import MainScreen
    from app.incident.situation import Situation


class Quit(Command):
    """``q``: leave the console."""

    KEYS = ("q",)
    WORD = "Close"
    HELP = "leave the console; where an incident is open, leave it to others or close it"
    PLACE = 90
    IS_PINNED = True

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Leave; with an open incident, ask how."""
        now = screen.hand.situation
        if now is None:
            screen.hand.leave()
        else:
            screen.hand.start(_ask(screen.hand, now))


async def _ask(hand: Hand, now: Situation) -> None:
    from app.console.closing import close
    from app.console.screens.pick import PickScreen

    choices = [
        ("leave", f"leave the console; {now.id} stays open{_left_with(now)}"),
        ("close", "close the incident: summary, cause, prevention, print"),
    ]
    running = hand.running
    runs = f", and a command runs on {running.host.name}: ! shows it" if running else ""
    match await hand.answer(PickScreen(f"Incident {now.id} is open{runs}", choices)):
        case "leave":
            hand.leave()
        case "close" if hand.running is not None:
            hand.say("not closed: what was begun is ended in this incident first")
        case "close":
            await close(hand, now)


def _left_with(now: Situation) -> str:
    """Who goes on, and which roles nobody has then."""
    mine = me().seat
    others = [seat for seat in now.here if seat != mine]
    roles = [role for role, holder in now.roles.items() if is_here(holder, (mine,))]
    there = f", {' and '.join(others)} goes on" if others else ", nobody else is here"
    return there + (f"; you are {' and '.join(roles)} (i r hands it over)" if roles else "")
