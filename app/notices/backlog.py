"""What becomes of mail that was sent while mail was down, in figures from queues and logs. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from app.incident.kinds import Measured
from app.incident.situation import Situation
from checks.board import Board
from checks.facts import LogFacts, QueueFacts

LONGEST_REST = timedelta(seconds=4_300)
"""How long a message may lie after the mend before it is tried again, unless it is flushed: Postfix
by default, maximal_backoff_time and queue_run_delay (postconf(5))."""

STEP = timedelta(minutes=5)
"""What a forecast is rounded up to."""

FARTHEST = timedelta(days=5)
"""What has not gone by then bounces (maximal_queue_lifetime); a forecast beyond it is none."""


class Backlog(Struct, frozen=True, kw_only=True):
    """Messages that wait, None where no queue can be read; at most `peak`; gone by about `by`."""

    waiting: int | None
    peak: int = 0
    by: datetime | None = None


class Returned(Struct, frozen=True):
    """Messages that were given up; `at_least` where not all of the logs could be read."""

    count: int
    at_least: bool = False


def returned(board: Board, onset: datetime) -> Returned | None:
    """What the logs say was given up since the onset; None where no log can be read."""
    read = {}
    for one in board.standings.values():
        if one.result and one.host and isinstance(one.result.facts, LogFacts):
            read[one.host.name] = one.result.facts
    if not read:
        return None
    given_up = {
        (host, lost.queue_id or lost.recipient)
        for host, facts in read.items()
        for lost in facts.lost
        if lost.at >= onset
    }
    senders = {
        one.host.name
        for one in board.standings.values()
        if one.host and (one.kind == "logs" or one.target.about in ("smtp", "submission", "smtps"))
    }
    is_short = any(
        facts.since > onset or facts.cut or facts.lost_count > len(facts.lost)
        for facts in read.values()
    )
    return Returned(len(given_up), at_least=is_short or not senders <= read.keys())


def backlog(now: Situation, board: Board) -> Backlog:
    """The queues as they are now, and as the log has them."""
    measured = [(one.at, one.data.total) for one in now.entries if isinstance(one.data, Measured)]
    waiting = _waiting(board)
    if waiting is not None:
        measured.append((board.at, waiting))
    if not measured:
        return Backlog(waiting=None)
    peak = max(total for _, total in measured)
    return Backlog(waiting=waiting, peak=peak, by=_gone_by(measured, board.at))


def _waiting(board: Board) -> int | None:
    facts = [one.result.facts for one in board.standings.values() if one.result]
    queues = [one for one in facts if isinstance(one, QueueFacts)]
    return sum(one.total for one in queues) if queues else None


def _gone_by(measured: Sequence[tuple[datetime, int]], at: datetime) -> datetime | None:
    """At the rate since the peak; while nothing drains, when each has been tried again."""
    total = measured[-1][1]
    if not total:
        return None
    top = max(range(len(measured)), key=lambda n: (measured[n][1], n))
    since, peak = measured[top]
    drained, took = peak - total, at - since
    if drained <= 0 or took <= timedelta():
        return _rounded(at + LONGEST_REST)
    left = took * (total / drained)
    return _rounded(at + left) if left < FARTHEST else None


def _rounded(at: datetime) -> datetime:
    steps = math.ceil(at.timestamp() / STEP.total_seconds())
    return datetime.fromtimestamp(steps * STEP.total_seconds(), at.tzinfo)
