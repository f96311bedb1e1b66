"""A notice: one text for one audience, at one stage of an incident. Frozen values, no I/O."""

from __future__ import annotations

from msgspec import Struct

FIRST, UPDATE, RESOLVED, TECHNICAL = "first", "update", "resolved", "technical"

STAGES = {
    FIRST: "what fails, for whom, since when",
    UPDATE: "what is new, or that nothing is",
    RESOLVED: "that it is over: what it was, why, what becomes of mail sent meanwhile",
    TECHNICAL: "for IT alone: causes, failing checks, queues, what was done",
}
"""What a notice can be about."""

IT, MANAGEMENT, USERS = "it", "management", "users"

AUDIENCES = {IT: "IT team", MANAGEMENT: "management", USERS: "users"}

SUBJECT_LIMIT = 200
"""Characters; a mail's header field may not be longer than 998 octets (RFC 5322, 2.1.1)."""


class Draft(Struct, frozen=True, kw_only=True):
    """What a notice says before somebody has agreed to it.

    `unknown` names the placeholders of its template that nothing is known for, `mistakes` says what
    is wrong with the house's own template, in whose place ours was taken.
    """

    stage: str
    audience: str
    subject: str
    text: str
    unknown: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()


def audiences_of(stage: str) -> tuple[str, ...]:
    """Who can get a notice of that stage."""
    return (IT,) if stage == TECHNICAL else tuple(AUDIENCES)
