"""When mail is expected to work again, and why one thinks so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from app.actions import Record
from app.console.act import Act
from app.console.screens.ask import AskScreen

if TYPE_CHECKING:
    from app.console.hand import Hand
    from app.incident.kinds import EtaChanged
    from app.incident.situation import Situation


class Eta(Act):
    """``e``: the estimate."""

    KEYS = ("e",)
    WORD = "ETA"
    HELP = "say when mail is expected to work again, and why; a range, or that it is not known"
    PLACE = 95

    async def work(self, hand: Hand, now: Situation) -> None:
        """When, and why."""
        told = [f"So far: {now.eta.lines()[0]}"] if now.eta else []
        estimate = await _estimate(hand, told)
        if estimate is None:
            return
        reason = await hand.answer(AskScreen(f"Expected back: {estimate.expected}, because"))
        if reason is not None:
            await hand.perform(Record(replace(estimate, reason=reason)))


async def _estimate(hand: Hand, told: list[str]) -> EtaChanged | None:
    """What is typed, once it is a time; None when it was left."""
    from app.notices.eta import FORMS, parse
    from app.notices.zone import name, zone_of
    from checks.model import now

    config = hand.session.engine.config
    zone = zone_of(config.notices.zone if config else "")
    told = [*told, f"It reads {FORMS}; without Z, {name(now().astimezone(zone))}."]
    mistake: list[str] = []
    while True:
        line = await hand.answer(AskScreen("Expected back", told=[*told, *mistake]))
        if line is None:
            return None
        try:
            return parse(line, now(), zone)
        except ValueError as error:
            mistake = [f"{line}: {error}."]
