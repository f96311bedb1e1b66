"""Boards and results for tests, written as data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from checks.board import Board, Standing
from checks.model import Finding, Host, Result, State, System, Target
from checks.resolver import Resolver

ONSET = datetime(2026, 11, 23, 3, 4, 12, tzinfo=UTC)
NOWHERE = Resolver("127.0.0.1", port=9)


def result(state: State, *codes: str, at: float = 0.0, summary: str = "") -> Result:
    """A result `at` seconds after the onset."""
    return Result(
        state=state,
        summary=summary or state.name.lower(),
        findings=tuple(Finding(code) for code in codes),
        at=ONSET + timedelta(seconds=at),
        duration=0.01,
    )


def system(**services: tuple[str, ...]) -> System:
    """A system of hosts, each with its services: ``system(mail1=("smtp", "imap"))``."""
    hosts = tuple(Host(name=name, address=name, services=s) for name, s in services.items())
    return System(name="lab.test", resolver=NOWHERE, domains=("lab.test",), hosts=hosts)


def board(states: dict[str, State | None], *, summary: str = "") -> Board:
    """A board whose checks stand hard: ``board({"smtp/mail1:25": State.CRITICAL})``."""
    standings = {}
    for place, (check_id, state) in enumerate(states.items()):
        about, _, name = check_id.partition("/")
        host = Host(name=name.partition(":")[0], address="127.0.0.1")
        target = Target(name=name, about=about, resolver=NOWHERE, host=host)
        standing = Standing(kind=about, target=target, interval=3.0)
        if state is not None:
            answer = result(state, at=place, summary=summary)
            for _ in range(3):
                standing = standing.take(answer)
        standings[check_id] = standing
    return Board(system="lab.test", at=ONSET + timedelta(minutes=6), standings=standings)
