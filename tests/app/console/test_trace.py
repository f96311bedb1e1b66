"""``t``: one message's way, asked for by any of its names."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

import pytest
from textual.pilot import Pilot

from app.config import Config
from app.console.console import Console
from app.console.screens.trace import TraceScreen
from app.engine import Engine
from checks.hosts.local import LocalLogin
from checks.model import Host, System
from checks.trace import search
from tests.app.console.test_open_panel import Once, until
from tests.boards import NOWHERE
from tests.widgets.scene import outage
from widgets.reader import Reader

T = TypeVar("T")


class Beside(Engine):
    """An engine that does its work on the loop of the test, for a host without any log."""

    def __init__(self) -> None:
        host = Host(name="mail1", address="::1", login=LocalLogin({"PATH": "/usr/bin:/bin"}))
        self.config = Config(system=System(name="Lab", resolver=NOWHERE, hosts=(host,)))
        self.error = None
        self._beside = asyncio.get_running_loop()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._beside)


def shown(pilot: Pilot[int]) -> str:
    return "\n".join(pilot.app.screen.query_one(Reader).plain())


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_a_message_that_no_log_names_is_said_to_be_unknown(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SEARCH", "echo zone +0000; echo now 1795546944; echo end")
    session = Once(outage())
    session._engine = Beside()
    async with Console(session).run_test(size=size) as pilot:
        await pilot.pause(0.1)
        await pilot.press("t")
        await pilot.pause(0.1)
        await pilot.press(*"DDA734D", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TraceScreen))
        await until(pilot, lambda: "no log names DDA734D" in shown(pilot))
        assert "mail1: no journal and no mail log there" in shown(pilot)
        session._engine = None
