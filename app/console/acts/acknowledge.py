"""Somebody has taken it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.actions import Record
from app.console.act import Act
from app.incident.kinds import Acknowledged

if TYPE_CHECKING:
    from app.console.hand import Hand
    from app.incident.situation import Situation


class Acknowledge(Act):
    """``a``: I have it."""

    KEYS = ("a",)
    WORD = "Ack"
    HELP = "say that you have taken it on"
    PLACE = 10

    async def work(self, hand: Hand, now: Situation) -> None:
        """Write it, once."""
        if now.acknowledged:
            hand.say(f"{now.acknowledged} has acknowledged it already")
            return
        await hand.perform(Record(Acknowledged()))
