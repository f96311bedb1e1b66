"""From when on all counts as healthy without a break, and who is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.config import Config
from app.config.tables import Log
from app.engine import Engine, Scene
from app.incident.situation import Situation
from app.monitor import Job
from app.plan import plan
from app.streak import BREAK, Streak
from checks import registry
from checks.drift import _versions, _watch
from checks.drift.config import Options
from checks.facts import BY_ITSELF, DriftFacts, Good
from checks.hosts.local import LocalLogin
from checks.model import Host, State, System, Target, Verdict
from checks.protocol import smtp
from tests.boards import NOWHERE, ONSET, board
from tests.peers import serve
from tests.peers.smtp import speaks

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
    put_back = late - timedelta(days=1)
    assert told.saw(put_back) == put_back


def test_nothing_is_healthy_before_all_was_asked(told: Told) -> None:
    assert told.saw(ONSET, whole=False) is None


async def test_a_console_that_runs_takes_baselines_by_itself_while_services_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (_versions, _watch):
        monkeypatch.setattr(module, "SETTLED", timedelta(seconds=0.3))
    monkeypatch.setattr("app.monitor.TELL_PAUSE", 0.1)
    monkeypatch.setattr("app.plan.plan", lambda config: [*_jobs(plan(config))])
    etc = tmp_path / "etc"
    etc.mkdir()
    (etc / "main.cf").write_text("1\n")
    goods: list[Good | None] = []
    async with serve(speaks()) as port:
        engine = Engine(
            nullcontext(_config(tmp_path, port)), lambda scene: goods.append(_good(scene))
        )
        engine.start()
        try:
            await _until(lambda: any(one and one.healthy_at for one in goods))
            (etc / "main.cf").write_text("2\n")
            await _until(lambda: any(one and one.by == BY_ITSELF for one in goods))
        finally:
            await asyncio.to_thread(engine.stop)


def _jobs(jobs: Iterable[Job]) -> Iterator[Job]:
    return (job for job in jobs if job.kind in ("smtp", "config"))


def _config(folder: Path, port: int) -> Config:
    host = Host(
        name="mx",
        address="127.0.0.1",
        login=LocalLogin(),
        watch=(str(folder / "etc"),),
        services=(f"smtp:{port}",),
    )
    return Config(
        system=System(name="lab", resolver=NOWHERE, hosts=(host,)),
        checks={"config": Options(interval=0.2), "smtp": smtp.Options(interval=0.2)},
        log=Log(folder=str(folder / "state")),
    )


def _good(scene: Scene) -> Good | None:
    result = scene.board.standings["config/mx"].result
    return result.facts.good if result and isinstance(result.facts, DriftFacts) else None


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110 - what the engine's thread does is waited for
            await asyncio.sleep(0.05)
