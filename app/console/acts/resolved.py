"""Mail works again, verified; or it does not after all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.actions import Record
from app.console.act import Act
from app.console.screens.ask import AskScreen
from app.console.still_red import still_red
from app.incident.kinds import Opened, Resolved

if TYPE_CHECKING:
    from app.console.hand import Hand
    from app.incident.situation import Situation


class MarkResolved(Act):
    """``m``: resolved."""

    KEYS = ("m",)
    WORD = "Resolved"
    HELP = "mark it resolved, and say what was verified; again: it is open after all"
    PLACE = 50

    async def work(self, hand: Hand, now: Situation) -> None:
        """Refuses nothing, but says what still fails."""
        if now.phase == "resolved":
            reason = await hand.answer(AskScreen("Not resolved after all, because"))
            if reason is not None:
                await hand.perform(Record(Opened(incident=now.id, title=now.title), reason))
            return
        told = still_red(hand.scene)
        verified = await hand.answer(AskScreen("Resolved: what was verified?", told=told))
        if verified is not None:
            await hand.perform(Record(Resolved(), verified))
