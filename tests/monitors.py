"""Monitors of the site on a board, for tests of any floor."""

from __future__ import annotations

from msgspec.structs import replace

from checks.board import Board, Standing
from checks.facts import Alert, MonitorFacts
from checks.model import Finding, Result, State, Target
from tests.boards import NOWHERE

FIRING = "monitor.alert.firing"


def with_monitor(
    board: Board, *alerts: Alert, state: State = State.CRITICAL, not_matched: tuple[Alert, ...] = ()
) -> Board:
    """`board` and a monitor that has said that for some time."""
    facts = MonitorFacts(alerts=alerts, others=not_matched, not_matched=len(not_matched))
    result = Result(
        state=state,
        summary=", ".join(f"{one.about}: {one.name}" for one in alerts) or "no alert on our hosts",
        findings=tuple(Finding(FIRING, one.name) for one in alerts),
        facts=None if state == State.UNKNOWN else facts,
        at=board.at,
        duration=0.1,
    )
    target = Target(name="am", about="monitor", resolver=NOWHERE)
    standing = Standing(kind="monitor", target=target, interval=30.0)
    for _ in range(3):
        standing = standing.take(result)
    return replace(board, standings={**board.standings, target.id: standing})
