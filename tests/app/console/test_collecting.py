"""The screen of evidence that is collected, and what is opened above it meanwhile."""

from __future__ import annotations

import asyncio

from textual.command import CommandPalette

from app.bundle.gathering import Gathering
from app.console.console import Console
from app.console.screens.collecting import CollectingScreen
from app.console.screens.main import MainScreen
from checks.hosts.local import LocalLogin
from tests.app.console.test_open_panel import Once, until
from tests.widgets.scene import outage


async def test_a_palette_opened_meanwhile_stays_and_the_screen_goes_with_it() -> None:
    async with Console(Once(outage())).run_test(size=(80, 24)) as pilot:
        main = pilot.app.screen
        assert isinstance(main, MainScreen)
        shown = CollectingScreen(Gathering(LocalLogin()), main, "mx")
        await pilot.app.push_screen(shown)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
        shown.end()
        await pilot.pause()
        assert isinstance(pilot.app.screen, CommandPalette)
        assert not shown.gone.is_set()
        await pilot.press("escape")
        async with asyncio.timeout(10):
            await shown.gone.wait()
        assert isinstance(pilot.app.screen, MainScreen)


async def test_one_that_ends_at_once_takes_no_other_screen_with_it() -> None:
    async with Console(Once(outage())).run_test(size=(80, 24)) as pilot:
        main = pilot.app.screen
        assert isinstance(main, MainScreen)
        shown = CollectingScreen(Gathering(LocalLogin()), main, "mx")
        await pilot.app.push_screen(shown)
        shown.end()
        await until(pilot, shown.gone.is_set)
        await pilot.pause()
        assert isinstance(pilot.app.screen, MainScreen)
