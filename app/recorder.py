"""What the board shows and the log lacks: the entries that nobody has to write. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from app import alarms
from app.actions import Record
from app.incident import due
from app.incident.kinds import (
    CauseNamed,
    CheckTurned,
    Detected,
    Measured,
    QueueSize,
    Reminded,
    VerdictChanged,
)
from app.incident.situation import LEAD, Situation
from checks.board import Board
from checks.facts import QueueFacts
from checks.model import State, Verdict
from checks.when import iso

MEASURE_EVERY = timedelta(minutes=1)
"""How far apart two figures of the queues are at least: a chart of hours needs no more."""

NOTABLE = 0.1
"""Part of the messages by which a queue has to have grown or shrunk to be written again."""


def missing(situation: Situation, board: Board, verdict: Verdict) -> list[Record]:
    """Records that bring the log of an open incident up to what is seen now."""
    records = [*_turns(situation, board), *_judged(situation, verdict)]
    records += _measured(situation, board)
    if verdict.since and verdict.verdict in ("outage", "degraded"):
        alarm = alarms.earliest(board, verdict)
        known = situation.onset
        if known is None or (alarm is not None and alarm.since < known):
            records.insert(0, detected(board, verdict))
    if due.lacks_lead(situation, board.at) and LEAD not in situation.reminders:
        records.append(Record(Reminded(of=LEAD, why="nobody is lead")))
    late = due.overdue(situation, board.at)
    if late and late not in situation.reminders:
        records.append(Record(Reminded(of=late, why=f"{late} is overdue: c writes it")))
    return records


def detected(board: Board, verdict: Verdict) -> Record:
    """That an outage was seen, since when, and by which check or monitor of the site's first."""
    alarm = alarms.earliest(board, verdict)
    if alarm is not None:
        alert = alarm.alert
        return Record(
            Detected(
                onset=iso(alarm.since),
                seen=iso(min(board.at, alarms.rung(board, alarm.since) or board.at)),
                check=alarm.check,
                summary=f"{alert.about}: {alert.name}",
            ),
            evidence=(alert.summary,) if alert.summary else (),
        )
    failing = [
        one
        for one in board.standings.values()
        if one.state == State.CRITICAL and one.since and one.kind != "monitor"
    ]
    first = min(failing, key=lambda one: one.since or board.at, default=None)
    return Record(
        Detected(
            onset=iso(verdict.since or board.at),
            seen=iso(board.at),
            check=first.id if first else "",
            summary=first.result.summary if first and first.result else verdict.summary,
        )
    )


def _turns(situation: Situation, board: Board) -> list[Record]:
    """Checks whose hard state is another one than the log has; well from the start is no news."""
    found = []
    for standing in board.standings.values():
        was = situation.checks.get(standing.id, State.OK.name)
        if standing.state is None or standing.result is None or standing.state.name == was:
            continue
        turned = CheckTurned(
            check=standing.id,
            state=standing.state.name,
            was=was,
            summary=standing.result.summary,
            findings=standing.result.codes,
        )
        found.append(Record(turned, evidence=standing.result.evidence[-3:]))
    return found


def _judged(situation: Situation, verdict: Verdict) -> list[Record]:
    found = []
    before = situation.verdict
    now = VerdictChanged(
        verdict=verdict.verdict,
        severity=verdict.severity.value if verdict.severity else "",
        scope=verdict.scope.kind,
        summary=verdict.summary,
        was=before.verdict if before else "",
    )
    if before is None or _essence(before) != _essence(now):
        found.append(Record(now))
    cause = verdict.causes[0] if verdict.causes else None
    known = (situation.cause.cause, situation.cause.host) if situation.cause else None
    if cause and (cause.cause, cause.host) != known:
        named = CauseNamed(
            cause=cause.cause, title=cause.title, host=cause.host, confidence=cause.confidence
        )
        found.append(Record(named, evidence=cause.evidence))
    return found


def _essence(verdict: VerdictChanged) -> tuple[str, str, str]:
    return verdict.verdict, verdict.severity, verdict.scope


def _measured(situation: Situation, board: Board) -> list[Record]:
    """The queues' sizes, where they are known and notably others than those in the log."""
    now = Measured(queues=tuple(_sizes(board)))
    if not now.queues:
        return []
    for entry in reversed(situation.entries):
        if isinstance(entry.data, Measured):
            before = entry.data
            is_early = board.at - entry.at < MEASURE_EVERY
            changed = abs(now.total - before.total)
            is_same = changed <= NOTABLE * before.total and bool(now.total) == bool(before.total)
            return [] if is_early or is_same else [Record(now)]
    return [Record(now)]


def _sizes(board: Board) -> Iterator[QueueSize]:
    for standing in board.standings.values():
        facts = standing.result.facts if standing.result else None
        if isinstance(facts, QueueFacts):
            yield QueueSize(
                host=standing.target.name,
                active=facts.active,
                deferred=facts.deferred,
                hold=facts.hold,
                incoming=facts.incoming,
                oldest=(board.at - facts.oldest).total_seconds() if facts.oldest else 0.0,
            )
