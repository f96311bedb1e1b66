"""A scene in the nouns that the strips and the sidebar draw. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from app.engine import Scene
from app.incident.entry import Entry
from app.incident.kinds import CheckTurned, CommandEnded, Data, NoticeSent, Unknown
from app.sop import Step
from checks.model import State, worst
from widgets.checklist import ChecklistItem, ChecklistStep
from widgets.log_strip import LogLine

OUTCOMES = {"done": State.OK, "sent": State.OK, "failed": State.CRITICAL}

LOG_LINES = 60
"""Entries that the strip gets: more than the tallest terminal shows of it."""


def log(scene: Scene) -> tuple[LogLine, ...]:
    """The incident's newest entries; without an incident what turned. The newest last."""
    if scene.situation is not None:
        return tuple(map(_entry, scene.situation.entries[-LOG_LINES:]))
    return tuple(
        LogLine(at=turn.at, who="auto", text=f"{turn.check} {turn.summary}", state=turn.after)
        for turn in scene.board.turns
    )


def log_title(scene: Scene) -> str:
    """What stands over the log: which incident, and what is wrong with writing it."""
    now = scene.situation
    if now is None:
        return scene.trouble
    phase = "" if now.phase == "open" else f", {now.phase}"
    may = "" if now.is_writable else ", you may read along"
    trouble = f": {now.trouble}" if now.trouble else ""
    return f"Incident {now.id}{phase}{may}{trouble}"


def _entry(entry: Entry) -> LogLine:
    waits = "" if entry.is_written else "not written yet: "
    return LogLine(
        at=entry.at, who=entry.who, text=waits + entry.lines()[0], state=_state_of(entry.data)
    )


def _state_of(data: Data | Unknown) -> State | None:
    match data:
        case CheckTurned(state=name) if name in State.__members__:
            return State[name]
        case CommandEnded(outcome=outcome):
            return OUTCOMES.get(outcome, State.UNKNOWN)
        case NoticeSent(deliveries=deliveries):
            return worst(OUTCOMES.get(one.outcome, State.UNKNOWN) for one in deliveries)
    return None


def steps(procedure: Sequence[Step]) -> tuple[ChecklistStep, ...]:
    """The procedure as the sidebar draws it."""
    return tuple(
        ChecklistStep(
            title=step.title, items=tuple(ChecklistItem(title=item.title) for item in step.items)
        )
        for step in procedure
    )
