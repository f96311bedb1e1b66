"""The severity: what was measured proposes it, a person decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.actions import Record
from app.console.act import Act
from app.console.screens.ask import AskScreen
from app.console.screens.pick import PickScreen
from app.incident.kinds import SeveritySet
from checks.model import Severity

if TYPE_CHECKING:
    from app.console.hand import Hand
    from app.incident.situation import Situation

MEANINGS = {
    Severity.SEV1: "nobody of all, of a host or of a domain can send, receive or read",
    Severity.SEV2: "many are hit: a service is out, or mail waits",
    Severity.SEV3: "one user, or what stands in for another is lost",
    Severity.SEV4: "nobody yet; it can wait for the day",
}


class SetSeverity(Act):
    """``s``: the severity."""

    KEYS = ("s",)
    WORD = "Sev"
    HELP = "set the severity, whatever was measured; when unsure, the higher one"
    PLACE = 30

    async def work(self, hand: Hand, now: Situation) -> None:
        """Which, and why."""
        choices = [(one.value, _text(one, now)) for one in Severity]
        picked = await hand.answer(PickScreen("Severity", choices, now.severity or now.proposed))
        if picked is None:
            return
        reason = await hand.answer(AskScreen(f"{picked} because"))
        if reason is not None:
            chosen = SeveritySet(severity=picked, was=now.severity, reason=reason)
            await hand.perform(Record(chosen))


def _text(severity: Severity, now: Situation) -> str:
    marks = {now.severity: "now", now.proposed: "measured"}
    if now.severity == now.proposed:
        marks = {now.severity: "now, measured"}
    mark = marks.get(severity.value, "")
    return f"{severity.value}  {MEANINGS[severity]}" + (f"  ← {mark}" if mark else "")
