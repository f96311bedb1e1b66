"""Every key does what footer, help and palette say of it, in one drill in a real terminal."""

from __future__ import annotations

import re
import sys
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from app.console.command import commands
from app.console.session import Session
from app.drill import faults
from tests.desktop import MAIN, settle, wait_until_gone
from tests.lab.daemon import until
from tests.peers import serve, smtp
from tests.peers.background import background
from tests.terminal import Terminal

pytestmark = pytest.mark.xdist_group("keys")

MAILMEDIC = (sys.executable, "-m", "app")
DRILL = cast(Session, SimpleNamespace(drill=True, watches_over_ssh=False))
OFFERED = [command for command in commands() if command.is_offered(DRILL)]


@pytest.fixture(scope="module")
def drill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    state = str(tmp_path_factory.mktemp("keys"))
    terminal = Terminal([*MAILMEDIC, "drill"], 160, 42, XDG_STATE_HOME=state)
    try:
        terminal.wait_for("✓ healthy", 30)
        yield terminal
        terminal.press("q")
        while terminal.read(1):
            pass
        assert terminal.process.wait(3) == 0
    finally:
        terminal.close()


@pytest.fixture(autouse=True)
def from_the_main_screen(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test begins and ends on the main screen at 160×42."""
    yield
    if "drill" in request.fixturenames:
        terminal: Terminal = request.getfixturevalue("drill")
        assert MAIN in terminal.text(), terminal.text()


def back(terminal: Terminal) -> None:
    settle(terminal, 0.15)  # for Esc and a key within 0.1 s are one key: Alt
    terminal.press("\x1b")
    terminal.wait_for(MAIN)
    settle(terminal, 0.15)


def test_footer_help_and_palette_tell_of_the_same_commands(drill: Terminal) -> None:
    footer = drill.text().splitlines()[-1]
    assert [one.shown for one in OFFERED if f" {one.shown} {one.WORD} " not in footer] == []
    drill.press("?")
    drill.wait_for("Times are UTC")  # its last line
    told = settle(drill)
    for command in OFFERED:
        assert re.search(rf"│ +{re.escape(command.shown)} +{re.escape(command.HELP)} ", told)
    back(drill)
    drill.press("\x10")
    by_word = sorted(OFFERED, key=lambda command: command.WORD)
    drill.wait_for(by_word[0].HELP[:40])
    offered = settle(drill)
    drill.press("\x1b[6~" * 2)  # it is longer than the screen
    drill.wait_for(by_word[-1].HELP[:40])
    offered += settle(drill)
    for command in OFFERED:
        assert re.search(rf" {re.escape(command.WORD)}\s", offered)
        assert command.HELP[:40] in offered
    back(drill)


def test_no_two_commands_have_one_key_and_none_is_hidden() -> None:
    keys = [key for command in commands() for key in command.KEYS]
    assert len(keys) == len(set(keys))
    assert {key for key in keys if len(key) == 1} >= set("1234secrzdqL") | {"b"}


def test_the_palette_runs_what_was_picked(drill: Terminal) -> None:
    drill.press("\x10")
    settle(drill)
    drill.press("evid")
    settle(drill)
    drill.press("\r")
    drill.wait_for("─ Evidence at ")
    back(drill)


@pytest.mark.parametrize(
    ("number", "title"),
    [(1, "1 Servers"), (2, "2 Reachability"), (3, "3 Queue"), (4, "4 Config")],
)
def test_a_number_and_enter_in_one_burst_open_that_panel(
    drill: Terminal, number: int, title: str
) -> None:
    drill.press(f"{number}\r")
    wait_until_gone(drill, MAIN)
    assert f"╭─ {title} ─" in settle(drill)
    back(drill)


def test_tab_goes_to_the_next_panel(drill: Terminal) -> None:
    drill.press("1\t\r")
    wait_until_gone(drill, MAIN)
    assert "╭─ 2 Reachability ─" in settle(drill)
    back(drill)


def test_the_filter_takes_what_is_typed_in_one_burst(drill: Terminal) -> None:
    drill.press("2/!qbrz")
    drill.wait_for("2 Reachability  /!qbrz")
    drill.press("\x7f\x7f\x7f\x7f")
    wait_until_gone(drill, "/!q")
    drill.press("post")
    drill.wait_for("2 Reachability  /!post")
    shown = settle(drill)
    assert "│ store " in shown
    assert "│ post " not in shown
    assert shown.splitlines()[-2].strip() == "!post", "what is typed is seen"
    drill.press("\r")
    drill.wait_for("2 Reachability  /!post")
    drill.press("/")
    settle(drill)
    drill.press("\x1b")
    drill.wait_for("│ post ")
    back(drill)


def test_s_goes_to_the_procedure_and_from_there_puts_it_away(drill: Terminal) -> None:
    assert "╭─ SOP ─" in drill.text()
    drill.press("sg3")
    drill.wait_for("○ Error logs")
    drill.press("s")
    wait_until_gone(drill, "╭─ SOP ─")
    drill.press("sg4")
    drill.wait_for("○ Fix applied")
    drill.press("1")
    settle(drill)
    assert "╭─ SOP ─" in drill.text()


def test_a_small_terminal_shows_one_panel_and_the_procedure_in_its_place(drill: Terminal) -> None:
    drill.press("1")
    settle(drill)
    drill.resize(80, 24)
    drill.wait_for("1 Servers")
    shown = settle(drill)
    assert "╭─ SOP ─" not in shown
    assert "2 Reachability" not in shown
    drill.press("2")
    drill.wait_for("2 Reachability")
    assert "1 Servers" not in settle(drill)
    drill.press("s")
    drill.wait_for("╭─ SOP ─")
    assert "2 Reachability" not in settle(drill)
    drill.press("s")
    drill.wait_for("2 Reachability")
    drill.press("s")
    drill.wait_for("╭─ SOP ─")
    drill.press("2")
    drill.wait_for("2 Reachability")
    drill.press("4\r")
    wait_until_gone(drill, MAIN)
    assert "╭─ 4 Config ─" in settle(drill)
    back(drill)
    drill.resize(160, 42)
    drill.wait_for("4 Config")
    drill.wait_for("1 Servers")


TURNS = {
    "smtp-stopped": "connection refused",
    "smtp-silent": "nothing after connect",
    "certificate-expired": "expired",
    "imap-stopped": "connection refused",
}


def pick(terminal: Terminal, name: str) -> None:
    """`b`, and the fault of that name."""
    terminal.press("b")
    terminal.wait_for("Break the practice mail")
    settle(terminal, 0.15)
    place = [fault.name for fault in faults.load()].index(name)
    for _ in range(place):
        terminal.press("\x1b[B")
        settle(terminal, 0.1)
    terminal.press("\r")
    wait_until_gone(terminal, "Break the practice mail")


def mend(terminal: Terminal) -> None:
    terminal.press("b")
    terminal.wait_for("✓ healthy", 15)
    terminal.wait_for("nothing fails")


def test_every_fault_has_a_turn() -> None:
    assert {fault.name for fault in faults.load()} == set(TURNS)


@pytest.mark.parametrize("name", list(TURNS)[1:])
def test_b_breaks_and_mends(drill: Terminal, name: str) -> None:
    pick(drill, name)
    wait_until_gone(drill, "✓ healthy")
    drill.wait_for(TURNS[name])
    mend(drill)


def test_z_holds_the_screen_while_the_checks_go_on(drill: Terminal) -> None:
    wait_until_gone(drill, "mended; see")
    drill.press("z")
    drill.wait_for("FROZEN")
    before = settle(drill)
    pick(drill, "smtp-stopped")
    drill.wait_for("broken; see")
    wait_until_gone(drill, "broken; see")
    assert settle(drill, 1.5) == before
    drill.press("z")
    drill.wait_for("✗ smtp/post", 5)
    drill.wait_for("OUTAGE", 5)
    assert "FROZEN" not in drill.text()
    mend(drill)


def test_r_does_not_wait_for_the_next_turn(tmp_path: Path) -> None:
    beats: list[float] = []

    async def count(reader: StreamReader, writer: StreamWriter) -> None:
        beats.append(time.monotonic())
        await smtp.speaks()(reader, writer)

    async def start(stack: AsyncExitStack) -> int:
        return await stack.enter_async_context(serve(count))

    with background(start) as port:
        config = tmp_path / "config.toml"
        config.write_text(
            f'[check.smtp]\ninterval = 3600\n[[host]]\nname = "mx"\naddress = "127.0.0.1"\n'
            f'services = ["smtp:{port}"]\n'
        )
        terminal = Terminal([*MAILMEDIC, "--config", str(config)], 100, 30)
        try:
            terminal.wait_for("nothing fails")
            settle(terminal, 1.0)
            asked = len(beats)
            terminal.press("r")
            terminal.wait_for("running all checks")
            until(lambda: len(beats) > asked, "another connection")
        finally:
            terminal.close()
