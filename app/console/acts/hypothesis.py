"""What it could be: suspected, ruled out or confirmed, on what evidence."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from app.actions import Record
from app.console.act import Act
from app.console.screens.ask import AskScreen
from app.console.screens.pick import PickScreen
from app.incident.kinds import Hypothesis

if TYPE_CHECKING:
    from app.console.hand import Hand
    from app.incident.situation import HypothesisRecord, Situation

STATES = {
    "suspected": "What makes you think so?",
    "ruled out": "What rules it out?",
    "confirmed": "What confirms it?",
}

NEW = "new"


class Hypotheses(Act):
    """``h``: a hypothesis."""

    KEYS = ("h",)
    WORD = "Hypo"
    HELP = "add what it could be, rule it out or confirm it, with the evidence"
    PLACE = 40

    async def work(self, hand: Hand, now: Situation) -> None:
        """Which one, then what is known of it."""
        held = now.hypotheses
        picked: str | None = NEW
        if held:
            choices = [(NEW, "a new one"), *((one.id, _text(one)) for one in held.values())]
            picked = await hand.answer(PickScreen("Hypothesis", choices))
        if picked == NEW:
            await self._add(hand, now)
        elif picked is not None:
            await self._judge(hand, held[picked])

    async def _add(self, hand: Hand, now: Situation) -> None:
        known = {one.title for one in now.hypotheses.values()}
        named = now.cause.title if now.cause else ""
        proposed = named if named not in known else ""
        title = await hand.answer(AskScreen("What could it be?", proposed))
        if title is not None:
            await self._write(hand, uuid.uuid4().hex[:8], title, "suspected")

    async def _judge(self, hand: Hand, one: HypothesisRecord) -> None:
        choices = [(state, state) for state in STATES if state != one.state]
        state = await hand.answer(PickScreen(one.title, choices))
        if state is not None:
            await self._write(hand, one.id, one.title, state)

    async def _write(self, hand: Hand, name: str, title: str, state: str) -> None:
        """A suspicion needs no evidence; a judgement does."""
        may_be_empty = state == "suspected"
        question = AskScreen(STATES[state], may_be_empty=may_be_empty, told=[title])
        seen = await hand.answer(question)
        if seen is not None:
            said = Hypothesis(hypothesis=name, title=title, state=state)
            await hand.perform(Record(said, evidence=(seen,) if seen else ()))


def _text(one: HypothesisRecord) -> str:
    return f"{one.state:<10} {one.title}"
