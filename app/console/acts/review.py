"""The post-incident review: drafted from the log, edited, written into it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.actions import Record
from app.console.act import Act

if TYPE_CHECKING:
    from app.console.hand import Hand
    from app.incident.situation import Situation


class Review(Act):
    """``7``: the review, as it is step 7 of the procedure."""

    KEYS = ("7",)
    WORD = "Review"
    HELP = "the review: cause, response time, prevention, what went well, action items"
    PLACE = 60

    async def work(self, hand: Hand, now: Situation) -> None:
        """Edit what was answered before, else the draft."""
        from app.console.outputs import farewell
        from app.console.screens.review import ReviewScreen
        from app.review.begin import begin

        parting = farewell(hand, now)
        story = await asyncio.to_thread(parting.story)
        text = await asyncio.to_thread(begin, parting.folder, story)
        review = await hand.answer(ReviewScreen(f"Review of incident {now.id}", text))
        if review is not None:
            await hand.perform(Record(review))
            hand.say("the review is in the log")
