"""The text that a review begins as: what was answered before, else a draft from the log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from app.incident import folder as incidents
from app.incident.error import LogError
from app.incident.folder import Summary
from app.incident.kinds import Reviewed
from app.incident.story import Story
from app.review import questions
from app.review.draft import Known, drafts
from app.review.form import render

EARLIER = 100
"""How many incidents are looked through for the same cause, the newest first."""


def begin(folder: Path, story: Story) -> str:
    """The text for the incident of `story`, one of those in `folder`. Raises LogError."""
    review = story.situation.review or _drafted(folder, story)
    return render(review, f"Review of incident {story.id}: {story.title}")


def _drafted(folder: Path, story: Story) -> Reviewed:
    known = Known(
        now=story.situation,
        measures=story.measures,
        steps=story.steps,
        earlier=tuple(_earlier(folder, story.id)),
    )
    drafted = drafts(known)
    return Reviewed(answers={one.asks: drafted[one.id] for one in questions()})


def _earlier(folder: Path, incident: str) -> Iterator[Summary]:
    """Those before it; one that can't be read is no reason to have no review."""
    known = incidents.ids(folder)
    before = known[known.index(incident) + 1 :] if incident in known else known
    for one in before[:EARLIER]:
        with suppress(LogError):
            yield incidents.summary(folder, one)
