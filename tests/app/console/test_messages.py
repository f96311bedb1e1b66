"""A queue's messages in the console where a command counts them: there are none to list."""

from __future__ import annotations

from app.config import Config
from app.console.console import Console
from app.console.screens.messages import MessagesScreen
from app.console.screens.panel import PanelScreen
from checks.hosts.local import LocalLogin
from checks.model import Host, System
from tests.app.console.test_log import notified
from tests.app.console.test_open_panel import Once, until
from tests.app.console.test_trace import Beside
from tests.boards import NOWHERE
from tests.widgets.scene import outage
from widgets.message_list import MessageList


async def test_a_queue_that_is_counted_says_that_its_messages_are_not_listed() -> None:
    session, engine = Once(outage()), Beside()
    host = Host(name="mail1", address="::1", login=LocalLogin(), queue=("echo", "deferred 12"))
    engine.config = Config(system=System(name="Lab", resolver=NOWHERE, hosts=(host,)))
    session._engine = engine
    async with Console(session).run_test(size=(120, 36)) as pilot:
        await pilot.pause(0.1)
        await pilot.press("3", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PanelScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, MessagesScreen))
        await until(pilot, lambda: "not listed: a command counts them" in notified(pilot))
        shown = "\n".join(pilot.app.screen.query_one(MessageList).plain())
        assert "12 deferred, for how long is not told" in shown
        session._engine = None
