"""What an open incident waits for, and how long it has waited. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.incident.situation import Situation
from checks.when import from_iso, iso

LEAD_WITHIN = timedelta(minutes=2)
"""How long an incident may be without a lead; then everybody is told, and again as often."""

NAGS = 5
"""How often that is said; after that they know. (Monzo's incident bot: 2 minutes, 5 times.)"""

NAG_LASTS = timedelta(seconds=30)

LATE = timedelta(minutes=1)
"""How late a notice may be before that is written down; the screen says it at once."""


def lacks_lead(situation: Situation, at: datetime) -> bool:
    """Whether it has been without a lead for too long."""
    since = situation.leadless_since
    return situation.is_open and since is not None and at - since >= LEAD_WITHIN


def is_nagging(situation: Situation, at: datetime) -> bool:
    """Whether it is time to say so: for half a minute, every two minutes, a few times."""
    since = situation.leadless_since
    if since is None or not lacks_lead(situation, at):
        return False
    turn, into = divmod(at - since, LEAD_WITHIN)
    return turn <= NAGS and into < NAG_LASTS


def until_notice(situation: Situation, at: datetime) -> float | None:
    """Seconds until the next notice is due, negative when it is overdue; None when none is."""
    if not situation.is_open or situation.next_notice is None:
        return None
    return (situation.next_notice - at).total_seconds()


def expected(situation: Situation) -> datetime | None:
    """When mail should work again at the latest; None when that is not known, or it does."""
    is_awaited = situation.phase == "open" and situation.eta is not None
    return from_iso(situation.eta.high) if is_awaited and situation.eta else None


def overdue(situation: Situation, at: datetime) -> str:
    """What to remind of when a notice is late, a name for each that was due; empty otherwise."""
    left = until_notice(situation, at)
    if left is None or situation.next_notice is None or left > -LATE.total_seconds():
        return ""
    return f"notice {iso(situation.next_notice)}"
