"""A host's log in the console: a real file, real tools, and the keys."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec import structs
from textual.pilot import Pilot

from app.config import Config
from app.console.console import Console
from app.console.screens.log import LogScreen
from app.console.screens.panel import PanelScreen
from app.console.screens.trace import TraceScreen
from checks.maillog import reading
from checks.model import Host, System
from checks.server._log_script import SEARCH
from tests.app.console.test_open_panel import Once, until
from tests.app.console.test_trace import Beside
from tests.boards import NOWHERE
from tests.checks.maillog.test_reading import Log
from tests.widgets.scene import outage
from widgets.log_list import LogList

REJECT = "NOQUEUE: reject: RCPT from a[192.0.2.{}]: 554 5.7.1 <x@y.test>: Relay access denied"


def drawn(pilot: Pilot[int]) -> str:
    return "\n".join(pilot.app.screen.query_one(LogList).plain())


def notified(pilot: Pilot[int]) -> str:
    return "\n".join(one.message for one in pilot.app._notifications)


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Log:
    log = Log(tmp_path)
    monkeypatch.setattr(reading, "SYSLOG_FILES", (str(log.path),))
    monkeypatch.setattr(reading, "OWN_FILES", ())
    log.say(*(REJECT.format(number) for number in range(4)), ago=30)
    log.say("613AC53: removed", "warning: connect to Milter service: Connection refused")
    return log


@asynccontextmanager
async def opened(log: Log, size: tuple[int, int] = (120, 36)) -> AsyncIterator[Pilot[int]]:
    """The log of the first host of the servers' panel."""
    engine = Beside()
    host = Host(name="mail1", address="::1", login=log.login)
    engine.config = Config(system=System(name="Lab", resolver=NOWHERE, hosts=(host,)))
    session = Once(outage())
    session._engine = engine
    async with Console(session).run_test(size=size) as pilot:
        await pilot.pause(0.1)
        await pilot.press("1", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PanelScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
        await until(pilot, lambda: "COUNT" in drawn(pilot))
        yield pilot
        session._engine = None


@pytest.mark.parametrize("size", [(160, 42), (120, 36), (80, 24)])
async def test_trouble_is_shown_by_shape_and_each_shape_by_line(
    log: Log, size: tuple[int, int]
) -> None:
    async with opened(log, size) as pilot:
        assert "Log of mail1  trouble since" in drawn(pilot)
        assert "removed" not in drawn(pilot)
        row = next(one for one in drawn(pilot).splitlines() if "reject" in one)
        assert " 4 " in row
        await pilot.press(*["down"] * drawn(pilot).splitlines()[2:].index(row))
        await pilot.press("enter")
        await until(pilot, lambda: "TIME" in drawn(pilot))
        assert "4 of 4" in drawn(pilot)
        assert "192.0.2.3" in drawn(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: "COUNT" in drawn(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, PanelScreen))


async def test_all_lines_are_followed_and_a_filter_holds(log: Log) -> None:
    async with opened(log) as pilot:
        await pilot.press("a")
        await until(pilot, lambda: "6 of 6" in drawn(pilot))
        await pilot.press("F")
        await until(pilot, lambda: "following" in drawn(pilot))
        log.say("B613AC54: just now")
        await until(pilot, lambda: "B613AC54: just now" in drawn(pilot))
        await pilot.press("slash", *"ac54", "enter")
        await until(pilot, lambda: "1 of 1 (of 7)" in drawn(pilot))
        log.say("B613AC54: removed", "B613AC55: removed")
        await until(pilot, lambda: "2 of 2 (of 9)" in drawn(pilot))
        await pilot.press("tab")
        await until(pilot, lambda: "COUNT" in drawn(pilot))
        assert "following" not in drawn(pilot)
        log.say("B613AC56: removed")
        await pilot.press("F")
        await until(pilot, lambda: "following" in drawn(pilot))
        assert "10 of 10" in drawn(pilot)


async def test_following_while_it_is_read_begins_once_that_is_done(
    log: Log, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with opened(log) as pilot:
        os.mkfifo(gate := tmp_path / "gate")
        monkeypatch.setattr(reading, "SEARCH", f"read _ <{gate}\n{SEARCH}")
        await pilot.press("a")
        await until(pilot, lambda: "reading: 0 lines" in drawn(pilot))
        assert "followed" not in drawn(pilot)
        await pilot.press("F")
        await until(pilot, lambda: "followed then; Esc cancels" in drawn(pilot))
        await pilot.press("F")
        await until(pilot, lambda: "followed then" not in drawn(pilot))
        await pilot.press("F")
        gate.write_text("\n")
        await until(pilot, lambda: "following" in drawn(pilot))
        log.say("B613AC54: just now")
        await until(pilot, lambda: "B613AC54: just now" in drawn(pilot))


async def test_what_could_not_be_read_is_not_said_to_be_followed(log: Log) -> None:
    async with opened(log) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, LogScreen)
        config = screen._main.session.engine.config
        assert config is not None
        bare = structs.replace(config.system.hosts[0], login=None)
        alone = structs.replace(config.system, hosts=(bare,))
        screen._main.session.engine.config = structs.replace(config, system=alone)
        await pilot.press("R")
        await until(pilot, lambda: "login" in drawn(pilot))
        told: list[str] = []
        follow = LogList.follow

        def seen(shown: LogList, is_followed: bool) -> None:
            told.append(f"{is_followed}")
            follow(shown, is_followed)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(LogList, "follow", seen)
            await pilot.press("F")
            await until(pilot, lambda: "not followed: " in notified(pilot))
        assert "True" not in told


async def test_t_follows_the_message_whose_queue_id_is_under_the_cursor(log: Log) -> None:
    async with opened(log) as pilot:
        await pilot.press("a")
        await until(pilot, lambda: "6 of 6" in drawn(pilot))
        await pilot.press("up", "t")
        await until(pilot, lambda: isinstance(pilot.app.screen, TraceScreen))
        await pilot.press("escape")


async def test_a_time_is_gone_to_and_beyond_what_was_read_it_is_read_anew(log: Log) -> None:
    later = log.path.read_text()
    log.path.write_text("")
    log.say("long before", ago=7200)
    with log.path.open("a") as file:
        file.write(later)
    async with opened(log) as pilot:
        await pilot.press("a")
        await until(pilot, lambda: "7 of 7" in drawn(pilot))
        await pilot.press("at", *"20s", "enter")
        await until(pilot, lambda: "6 of 7" in drawn(pilot))
        await pilot.press("at", *"3h", "enter")
        await until(pilot, lambda: "1 of 7" in drawn(pilot))


async def test_a_log_that_may_not_be_read_says_so_with_its_mend(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(log) as pilot:
        monkeypatch.setattr(
            reading, "SEARCH", "echo zone +0000; echo now 1795546944; echo denied journal; echo end"
        )
        await pilot.press("R")
        await until(pilot, lambda: "mend: usermod -aG systemd-journal" in drawn(pilot))
