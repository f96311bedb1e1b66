"""A notice while it is written: what is proposed, and what the operator made of it. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from app.incident.kinds import NoticeSent
from app.incident.rhythm import Rhythm
from app.incident.situation import Situation
from app.notices.components import components
from app.notices.notice import (
    FIRST,
    RESOLVED,
    SUBJECT_LIMIT,
    TECHNICAL,
    UPDATE,
    Draft,
    audiences_of,
)
from app.notices.phases import suggested
from checks.board import Board
from checks.text import visible
from checks.when import iso

SUBJECT = "Subject: "

LINE_LIMIT = 2000
"""Characters of a line; a paragraph of a notice is one."""

NOTHING_NEW = "There is no news since our last notice; we are working on it."


class Composition(Struct, frozen=True, kw_only=True):
    """What was decided so far. `audiences` are those that get it.

    `edited` holds the whole text, its subject first, for each audience where a person wrote it.
    """

    stage: str
    phase: str
    audiences: tuple[str, ...] = ()
    next_at: datetime | None = None
    news: str = ""
    edited: dict[str, str] = {}


def begin(now: Situation, at: datetime, rhythm: Rhythm) -> Composition:
    """The notice that is due: the first, an update, or that it is over."""
    stage = FIRST if not now.told else UPDATE if now.phase == "open" else RESOLVED
    return of_stage(stage, now, at, rhythm)


def of_stage(stage: str, now: Situation, at: datetime, rhythm: Rhythm) -> Composition:
    """A notice of that stage, to those who wait for it: who heard the beginning hears the end."""
    everybody = audiences_of(stage)
    waiting = [name for name in everybody if _waits(now, name, stage)]
    waiting = waiting or [name for name in everybody if name in now.told]
    return Composition(
        stage=stage,
        phase=suggested(now),
        audiences=tuple(waiting or everybody),
        next_at=None if stage in (RESOLVED, TECHNICAL) else _next(now, at, rhythm),
    )


def _waits(now: Situation, audience: str, stage: str) -> bool:
    told = now.told.get(audience)
    if told is None:
        return stage in (FIRST, TECHNICAL)
    return stage == TECHNICAL or (stage != FIRST and not told.is_over)


def _next(now: Situation, at: datetime, rhythm: Rhythm) -> datetime:
    """To the minute, as the text says it."""
    age = at - now.opened if now.opened else timedelta()
    return (at + rhythm.pause(now.severity, age)).replace(second=0, microsecond=0)


def nothing_new(now: Situation, at: datetime, rhythm: Rhythm) -> Composition:
    """An update that says that there is none."""
    return replace(of_stage(UPDATE, now, at, rhythm), news=NOTHING_NEW)


def written(draft: Draft) -> str:
    """A draft as one text, to be edited."""
    return f"{SUBJECT}{draft.subject}\n\n{draft.text}"


def taken_apart(text: str) -> tuple[str, str]:
    """The subject and the body of such a text. Raises ValueError with what is missing."""
    first, _, rest = text.partition("\n")
    if not first.startswith(SUBJECT.strip()):
        raise ValueError(f"its first line must begin with {SUBJECT.strip()}")
    subject = visible(" ".join(first.removeprefix(SUBJECT.strip()).split()), SUBJECT_LIMIT)
    body = "\n".join(visible(line, LINE_LIMIT) for line in rest.strip("\n").split("\n"))
    if not subject or not body.strip():
        raise ValueError("it has no subject" if not subject else "it has no text")
    return subject, body + "\n"


def told(
    composition: Composition, audience: str, text: str, now: Situation, board: Board
) -> NoticeSent:
    """What the log will say of it, before there are deliveries. Raises ValueError."""
    subject, body = taken_apart(text)
    return NoticeSent(
        notice=id_of(now, audience),
        audience=(audience,),
        subject=subject,
        body=body,
        stage=composition.stage,
        phase=composition.phase,
        severity=now.severity,
        components={one.name: one.state for one in components(board)},
        next_at=iso(composition.next_at) if composition.next_at else "",
    )


def id_of(now: Situation, audience: str) -> str:
    """The n-th notice to that audience: of two operators who send it at once, one does."""
    sent = [one.data for one in now.entries if isinstance(one.data, NoticeSent)]
    before = {one.notice for one in sent if one.went_out and audience in one.audience}
    return f"{audience}-{len(before) + 1}"
