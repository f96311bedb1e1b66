"""A scene in the nouns that the strips and the sidebar draw. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from app.console.bar import OFFER, is_offered
from app.engine import Scene
from app.incident.entry import Entry
from app.incident.kinds import (
    CheckTurned,
    CommandEnded,
    Data,
    ItemChanged,
    NoticeSent,
    Unknown,
)
from app.incident.situation import Situation
from app.incident.unended import lost
from checks.model import State, worst
from checks.when import STAMP, clock, from_iso, span
from widgets.log_strip import LogLine

OUTCOMES = {"done": State.OK, "failed": State.CRITICAL}
DELIVERED = {"accepted": State.OK, "refused": State.CRITICAL}

LOG_LINES = 60
"""Entries that the strip gets: more than the tallest terminal shows of it."""


def log(scene: Scene) -> tuple[LogLine, ...]:
    """The incident's newest entries; without an incident what turned. The newest last."""
    if scene.situation is not None:
        return _entries(scene.situation, scene.board.at)
    return tuple(
        LogLine(at=turn.at, who="auto", text=f"{turn.check} {turn.summary}", state=turn.after)
        for turn in scene.board.turns
    )


def log_title(scene: Scene) -> str:
    """What stands over the log: which incident, and what is wrong with writing it."""
    now = scene.situation
    if now is None:
        offer = f"Outage, and no incident is open: {OFFER}" if is_offered(scene) else ""
        return scene.trouble or offer
    phase = "" if now.phase == "open" else f", {now.phase}"
    may = "" if now.is_writable else ", you may read along"
    trouble = f": {now.trouble}" if now.trouble else ""
    return f"Incident {now.id}{phase}{may}{trouble}"


def _entries(now: Situation, at: datetime) -> tuple[LogLine, ...]:
    """The newest entries; below what was there when this session joined, what it came to."""
    begin = max(0, len(now.entries) - LOG_LINES)
    shown = now.entries[begin:]
    gone = lost(shown, at)
    lines = [_lost(entry) if entry.id in gone else _entry(entry) for entry in shown]
    # The entry that follows what was there says that we joined.
    place = now.resumed_after + 1 - begin
    if now.resumed_after and 0 < place <= len(lines):
        at = lines[place - 1].at
        lines.insert(place, LogLine(at=at, who="here", text=_resumed(now, at)))
    return tuple(_folded(lines))


def _folded(lines: Sequence[LogLine]) -> Iterator[LogLine]:
    """Of what checks write in a row the newest alone: the strip is low, and people write in it."""
    for is_routine, group in groupby(lines, key=lambda line: line.is_routine):
        *older, newest = group
        if is_routine and len(older) > 1:
            states = [one.state for one in older if one.state is not None]
            yield LogLine(
                at=older[-1].at,
                who=newest.who,
                text=f"{len(older)} entries of the checks, and then",
                state=worst(states) if states else None,
            )
        else:
            yield from older
        yield newest


def _resumed(now: Situation, at: datetime) -> str:
    """What this session has come to, in one line."""
    last = now.entries[now.resumed_after - 1]
    since = ""
    if now.opened is not None:
        since = f"open since {clock(now.opened)} ({span((at - now.opened).total_seconds())})"
    parts = (
        f"resumed {now.id} {now.title}",
        since,
        "timers run on",
        f"here {', '.join(now.here)}" if now.here else "",
        f"last {clock(last.at)} {last.who} {last.lines()[0]}",
    )
    return " · ".join(filter(None, parts))


def _lost(begun: Entry) -> LogLine:
    """A command whose end nobody will write."""
    text = f"outcome unknown, its session is gone: {begun.lines()[0]}"
    return LogLine(at=begun.at, who=begun.who, text=text, state=State.UNKNOWN)


def _entry(entry: Entry) -> LogLine:
    waits = "" if entry.is_written else "not written yet: "
    said = STAMP.sub(_brief, entry.lines()[0])
    data = entry.data
    return LogLine(
        at=entry.at,
        who=entry.who,
        text=waits + said,
        state=_state_of(data),
        is_routine=isinstance(data, CheckTurned) or (isinstance(data, ItemChanged) and data.auto),
    )


def _brief(stamp: re.Match[str]) -> str:
    """A time of an entry as the bar has it."""
    at = from_iso(stamp[0])
    return clock(at) if at else stamp[0]


def _state_of(data: Data | Unknown) -> State | None:
    match data:
        case CheckTurned(state=name) if name in State.__members__:
            return State[name]
        case CommandEnded(outcome=outcome):
            return OUTCOMES.get(outcome, State.UNKNOWN)
        case NoticeSent(deliveries=deliveries):
            return worst(DELIVERED.get(one.outcome, State.UNKNOWN) for one in deliveries)
    return None
