"""Notices: seen before they are sent, to three audiences by three routes, each delivery logged."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from app.incident.kinds import NoticeSent
from app.notices.page.state import decode
from tests import desktop as desktops
from tests import noticing
from tests.desktop import MAIN, Desktop, settle
from tests.noticing import LAST, leave, send, tell_from_first_to_last
from tests.peers import relay as relays
from tests.peers.background import background
from tests.peers.relay import Relay
from tests.terminal import Terminal


class Hook:
    """A chat, as a webhook: takes JSON, and may be busy."""

    def __init__(self) -> None:
        self.taken: list[dict[str, str]] = []
        self.status = "200 OK"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].split()[0])
        body = json.loads(await reader.readexactly(length))
        if self.status.startswith("200"):
            self.taken.append(body)
        writer.write(f"HTTP/1.1 {self.status}\r\nContent-Length: 2\r\n\r\nok".encode())
        await writer.drain()
        writer.close()


class Outside:
    """What is not broken: a relay and a chat, each on a port."""

    def __init__(self) -> None:
        self.relay, self.hook = Relay(), Hook()
        self.ports = (0, 0)

    async def begin(self, stack: AsyncExitStack) -> Outside:
        smtp = await stack.enter_async_context(relays.serve(self.relay))
        server = await asyncio.start_server(self.hook.answer, "127.0.0.1", 0)
        stack.push_async_callback(server.wait_closed)
        stack.callback(server.close)
        self.ports = (smtp, server.sockets[0].getsockname()[1])
        return self


@pytest.fixture
def outside() -> Iterator[Outside]:
    with background(Outside().begin) as found:
        yield found


SOP = """
[[step]]
id = "one"
title = "Night watch"
[[step.item]]
id = "ring"
title = "Ring twice"
what = "Ring."
why = "They sleep."
action = "notice"
"""


@pytest.fixture
def desktop(outside: Outside, tmp_path: Path) -> Iterator[Desktop]:
    smtp, http = outside.ports
    config = tmp_path / "config.toml"
    config.write_text(f"""
[system]
name = "Lab"
[sop]
file = "house.toml"
[notices]
zone = "Europe/Vienna"
contact = "the hotline, 100"
[[host]]
name = "mx"
address = "127.0.0.2"
[[route]]
name = "relay2"
audience = ["it", "management"]
url = "smtp+plain://127.0.0.1:{smtp}"
sender = "mail@ops.example"
to = ["ana@ops.example", "boss@ops.example"]
[[route]]
name = "chat"
audience = ["it", "users"]
url = "http://127.0.0.1:{http}/hook"
[[route]]
name = "page"
audience = ["users"]
url = "page:{tmp_path}/status"
""")
    (tmp_path / "house.toml").write_text(SOP)
    with desktops.desktop(config, tmp_path / "state") as found:
        assert found.shell("incident", "open", "nobody can send").returncode == 0
        yield found


def composing(desktop: Desktop, columns: int = 160, lines: int = 42) -> Terminal:
    """A console on which a notice is being written."""
    console = desktop.console(columns, lines)
    console.wait_for("─ Incident 20")
    compose(console)
    return console


def compose(console: Terminal) -> None:
    noticing.compose(console, "✓ relay2 (2)")


def notices(desktop: Desktop) -> list[NoticeSent]:
    return [one.data for one in desktop.entries("notice") if isinstance(one.data, NoticeSent)]


def test_first_two_updates_and_the_end_to_three_audiences_and_the_print_shows_each_delivery(
    desktop: Desktop, outside: Outside, tmp_path: Path
) -> None:
    console = desktop.console(160, 42)
    console.wait_for("─ Incident 20")
    tell_from_first_to_last(console, "✓ relay2 (2)", "Notice: 7 accepted")
    console.wait_for("resolved notice to users")

    sent = notices(desktop)
    assert [one.stage for one in sent] == [
        stage for stage in ("first", "update", "update", "resolved") for _ in range(3)
    ]
    assert len({one.notice for one in sent}) == 12
    assert [one.next_at == "" for one in sent] == [False] * 9 + [True] * 3
    assert len(outside.relay.recipients) == 16
    assert len(outside.hook.taken) == 8
    assert "Mail works again" in outside.hook.taken[-1]["subject"]
    (incident,) = decode((tmp_path / "status" / "status.json").read_bytes()).incidents
    assert [one.phase for one in incident.updates][-1] == "resolved"
    printed = " ".join(desktop.shell("incident", "print").stdout.split())
    for number in range(1, 9):
        assert f"queued as Q{number:06}" in printed
    assert printed.count("chat: accepted, HTTP 200") >= 8
    assert printed.count("page: accepted, published in") >= 4
    assert "a disk is on its way" in printed


def test_nothing_is_sent_before_the_last_look_and_not_by_what_is_typed_ahead(
    desktop: Desktop, outside: Outside
) -> None:
    console = composing(desktop, 80, 24)
    console.press("sy")
    console.wait_for(LAST)
    settle(console)
    assert LAST in console.text(), "there is more below"
    console.press("\x1b")
    console.wait_for("notice, incident")
    assert (outside.hook.taken, notices(desktop)) == ([], [])
    console.press("\x1b")
    console.wait_for(MAIN)
    assert desktop.entries("notice-begun") == []


def test_what_a_route_refused_is_sent_again_alone(desktop: Desktop, outside: Outside) -> None:
    outside.relay.refuses = lambda who: "550 5.1.1 no such user" if "boss" in who else ""
    outside.hook.status = "404 Not Found"
    console = composing(desktop)
    console.press("s")
    send(console, "refused, boss@ops.example, 550 5.1.1 no such user")
    console.wait_for("3 accepted, 4 refused")
    outside.relay.refuses, outside.hook.status = lambda _who: "", "200 OK"
    console.press("r")
    console.wait_for("Notice: 7 accepted")
    assert sorted(outside.relay.recipients) == ["ana@ops.example"] * 2 + ["boss@ops.example"] * 2
    assert len(outside.hook.taken) == 2
    assert {one.notice for one in notices(desktop)} == {"it-1", "management-1", "users-1"}
    console.press("r")
    console.wait_for("nobody refused it")


def test_a_text_is_edited_and_survives_a_lost_session(desktop: Desktop, outside: Outside) -> None:
    console = composing(desktop)
    console.press("\x1b[B\x1b[B")
    console.wait_for("Text for users")
    console.press("\r")
    settle(console)
    console.press("\x1b[F, Tee ist fertig")
    console.wait_for("edited")
    console.wait_for("Tee ist fertig")
    settle(console)
    console.process.send_signal(signal.SIGHUP)
    console.process.wait(5)
    again = desktop.console(160, 42)
    again.wait_for("draft: c")
    compose(again)
    again.wait_for("edited")
    again.press("\x1b[B\x1b[B \x1b[A \x1b[A")
    settle(again)
    again.press(" \x1b[B\x1b[B ")
    again.wait_for("[x] users")
    again.press("s")
    send(again, "accepted")
    leave(again)
    (told,) = notices(desktop)
    assert told.audience == ("users",)
    assert told.subject.endswith(", Tee ist fertig")
    assert "draft" not in settle(again)
    assert outside.relay.recipients == []


def test_a_template_with_a_mistake_is_said_and_ours_is_sent(
    desktop: Desktop, tmp_path: Path
) -> None:
    (tmp_path / "notices").mkdir()
    (tmp_path / "notices" / "first-it.txt").write_text("Subject: $sinse\n")
    console = composing(desktop)
    console.wait_for("the template has a mistake")
    console.press("s")
    console.wait_for('did you mean "since"?')


def test_an_item_of_the_procedure_opens_it_and_without_an_incident_it_says_what_does(
    desktop: Desktop,
) -> None:
    console = desktop.console()
    console.wait_for("Ring twice")
    console.press("sa")
    console.wait_for("First notice, incident")
