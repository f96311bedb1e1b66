"""What the site's own monitors knew of an outage, and when: evidence for onset and detection. Pure.

An alert counts where it is critical, rings somebody, and is about a host that fails here as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from checks.board import Board
from checks.diagnosis.onset import NIGHT
from checks.facts import Alert, MonitorFacts
from checks.model import State, Verdict


class Alarm(Struct, frozen=True):
    """The alert that knew first, and the check that read it."""

    check: str
    alert: Alert
    since: datetime


def earliest(board: Board, verdict: Verdict) -> Alarm | None:
    """The alert that dates the outage before its first failing check; None where none does."""
    onset = verdict.since
    if onset is None or verdict.verdict not in ("outage", "degraded"):
        return None
    found = [one for one in _alarms(board) if onset - NIGHT <= one.since < onset]
    return min(found, key=lambda one: one.since, default=None)


def rung(board: Board, since: datetime) -> datetime | None:
    """When the first monitor was sure of what began at `since` or later."""
    fired = (one.alert.fired for one in _alarms(board) if one.since >= since)
    return min(filter(None, fired), default=None)


def _alarms(board: Board) -> Iterator[Alarm]:
    """The alerts that count, of monitors whose latest answer is not old."""
    failing = {
        one.host.name
        for one in board.standings.values()
        if one.state == State.CRITICAL and one.host is not None
    }
    for standing in board.of_kinds("monitor"):
        facts = standing.result.facts if standing.result else None
        if not isinstance(facts, MonitorFacts) or standing.is_stale(board.at):
            continue
        for alert in facts.alerts:
            counts = alert.severity == "critical" and not alert.note and alert.about in failing
            if counts and alert.since is not None:
                yield Alarm(standing.id, alert, alert.since)
