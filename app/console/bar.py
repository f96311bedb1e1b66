"""What the verdict bar says of the incident: its severity, and what it waits for. Pure."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from app.engine import Scene
from app.incident import due
from app.incident.situation import Situation
from checks.model import Severity, Verdict
from checks.when import clock, span
from widgets.text import Row, Span

OFFER = "i opens an incident"

LOUD = "cursor"
"""Reversed: it shouts in the red bar too, and without colours."""


def is_offered(scene: Scene) -> bool:
    """Whether an incident should be opened: mail is out, and none is."""
    is_open = scene.situation is not None and scene.situation.is_open
    return scene.verdict.verdict == "outage" and not is_open


def verdict(scene: Scene) -> Verdict:
    """The verdict, with the severity that counts: of an open incident, people may have set it."""
    now = scene.situation
    if now is None or not now.is_open or scene.verdict.verdict == "healthy":
        return scene.verdict
    try:
        severity = Severity(now.severity)
    except ValueError:  # the file is outside text
        return scene.verdict
    return replace(scene.verdict, severity=severity)


def note(scene: Scene, at: datetime) -> Row:
    """What stands before the clock: the offer; else a lead that is missing, ETA, next notice."""
    if is_offered(scene):
        return (Span(OFFER, LOUD),)
    now = scene.situation
    return (*_lead(now, at), *_eta(now, at), *_notice(now, at)) if now is not None else ()


def _lead(now: Situation, at: datetime) -> Row:
    return (Span("NO LEAD: i", LOUD), Span("  ")) if due.is_nagging(now, at) else ()


def _eta(now: Situation, at: datetime) -> Row:
    """When mail should be back at the latest; an estimate that has passed has to be renewed."""
    back = due.expected(now)
    if back is None:
        return ()
    words = f"ETA {clock(back)[:5]}Z"
    return (Span(f"{words} PASSED", LOUD), Span("  ")) if back < at else (Span(f"{words}  "),)


def _notice(now: Situation, at: datetime) -> Row:
    left = due.until_notice(now, at)
    if left is None:
        return ()
    if left < 0:
        return (Span(f"notice OVERDUE {_short(-left)}", LOUD),)
    return (Span(f"next notice {_short(left)}"),)


def _short(seconds: float) -> str:
    """In the largest unit: a figure that runs every second costs bytes on the line."""
    return span(seconds).partition(" ")[0]
