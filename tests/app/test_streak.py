"""From when on all counts as healthy without a break, and who is told."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.incident.situation import Situation
from app.monitor import Job
from app.streak import BREAK, Streak
from checks import registry
from checks.drift import _watch
from checks.drift.config import Options
from checks.hosts.local import LocalLogin
from checks.model import Host, State, Target, Verdict
from tests.boards import NOWHERE, ONSET, board

MINUTE = timedelta(minutes=1)
HEALTHY = Verdict(verdict="healthy", summary="all is well")
OUTAGE = Verdict(verdict="outage", summary="nobody can send")


class Told:
    """A streak over one real check, and what that has been told."""

    def __init__(self, folder: Path) -> None:
        host = Host(name="mail1", address="mail1", login=LocalLogin())
        target = Target(name="mail1", about="config", host=host, resolver=NOWHERE)
        options = Options(folder=str(folder))
        check = registry.load("config")
        self.streak = Streak([Job(kind="config", check=check, target=target, options=options)])
        assert host.login is not None
        self.watch = _watch.watch_of(host, host.login, options.folder)

    def saw(
        self, at: datetime, verdict: Verdict = HEALTHY, *, incident: str = "", whole: bool = True
    ) -> datetime | None:
        state = State.OK if whole else None
        found = replace(board({"smtp/mail1:25": state}), at=at)
        situation = Situation(id="1", phase=incident) if incident else None
        self.streak.saw(found, verdict, situation)
        return self.watch.health.since if self.watch.health else None


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path)


def test_health_counts_from_the_first_healthy_board_on(told: Told) -> None:
    assert told.saw(ONSET, OUTAGE) is None
    assert told.saw(ONSET + MINUTE) == ONSET + MINUTE
    assert told.saw(ONSET + 2 * MINUTE) == ONSET + MINUTE
    assert told.watch.health is not None
    assert told.watch.health.seen == ONSET + 2 * MINUTE


def test_trouble_an_incident_and_a_time_in_which_nobody_looked_are_breaks(told: Told) -> None:
    told.saw(ONSET)
    assert told.saw(ONSET + MINUTE, OUTAGE) is None
    assert told.saw(ONSET + 2 * MINUTE, incident="open") is None
    assert told.saw(ONSET + 3 * MINUTE, incident="closed") == ONSET + 3 * MINUTE
    late = ONSET + 4 * MINUTE + BREAK
    assert told.saw(late) == late


def test_nothing_is_healthy_before_all_was_asked(told: Told) -> None:
    assert told.saw(ONSET, whole=False) is None
