"""Close the incident."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.console.act import Act

if TYPE_CHECKING:
    from app.console.hand import Hand
    from app.incident.situation import Situation


class Close(Act):
    """``x``: close."""

    KEYS = ("x",)
    WORD = "Close"
    HELP = "close the incident: what is left, what it was, where the log is printed; then leave"
    PLACE = 90

    async def work(self, hand: Hand, now: Situation) -> None:
        """Walk through it."""
        from app.console.closing import close

        await close(hand, now)
