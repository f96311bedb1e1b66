"""A panel full screen keeps the verdict, its age and FROZEN in sight, as the main screen does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext

import pytest
from textual.pilot import Pilot

from app.config import Config
from app.console.console import Console
from app.console.screens import panel
from app.console.session import Session
from app.engine import Scene
from checks.board import Board
from checks.diagnosis.verdict import judge
from checks.model import System
from tests.boards import NOWHERE
from tests.widgets.scene import outage
from widgets.panel_table import PanelTable
from widgets.verdict_bar import VerdictBar


class Once(Session):
    """Tells of one board, as an engine does that is stuck afterwards."""

    def __init__(self, board: Board) -> None:
        super().__init__("Lab", nullcontext(Config(system=System(name="Lab", resolver=NOWHERE))))
        self.board = board

    def begin(self, show: Callable[[Scene], None]) -> None:
        show(Scene(self.board, judge(self.board)))


@asynccontextmanager
async def opened(number: str) -> AsyncIterator[Pilot[int]]:
    async with Console(Once(outage())).run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "OUTAGE" in bar(pilot))
        await pilot.press(number, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, panel.PanelScreen))
        yield pilot


async def until(pilot: Pilot[int], is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await pilot.pause(0.02)


def bar(pilot: Pilot[int]) -> str:
    return "".join(pilot.app.screen.query_one(VerdictBar).plain())


def table(pilot: Pilot[int]) -> str:
    return "\n".join(pilot.app.screen.query_one(PanelTable).plain())


async def test_the_verdict_stays_in_sight() -> None:
    async with opened("2") as pilot:
        await until(pilot, lambda: "✗ OUTAGE" in bar(pilot))


async def test_z_says_that_the_screen_is_held_still() -> None:
    async with opened("2") as pilot:
        await pilot.press("z")
        await until(pilot, lambda: "FROZEN" in bar(pilot))
        await pilot.press("z")
        await until(pilot, lambda: "FROZEN" not in bar(pilot))


async def test_answers_grow_old_though_no_newer_ones_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel, "AGES_EVERY", 0.05)
    async with opened("2") as pilot:
        await until(pilot, lambda: "stale" in table(pilot))
