"""A terminal that nobody reads: the checks go on, and when it is read again the screen is right."""

from __future__ import annotations

import signal
import sys
import termios
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from tests.peers import serve, smtp
from tests.peers.background import background
from tests.strict import foreign
from tests.terminal import Terminal

pytestmark = pytest.mark.xdist_group("stall")

STALL = 10.0
"""Seconds for which nobody reads."""

HEARTBEAT = 1.5
"""Seconds between two connections at most, where one is due each second."""


class Heart:
    """An SMTP server that notes when it was asked, and can fall ill."""

    def __init__(self) -> None:
        self.beats: list[float] = []
        self.port = 0
        self._peer = smtp.speaks()

    async def __call__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.beats.append(time.monotonic())
        await self._peer(reader, writer)

    def fall_ill(self) -> None:
        self._peer = smtp.greets(b"554 no more today")

    async def start(self, stack: AsyncExitStack) -> None:
        self.port = await stack.enter_async_context(serve(self))


@pytest.fixture
def heart() -> Iterator[Heart]:
    heart = Heart()
    with background(heart.start):
        yield heart


@pytest.fixture
def console(heart: Heart, tmp_path: Path) -> Iterator[Terminal]:
    config = tmp_path / "config.toml"
    config.write_text(f"""
[system]
name = "Lab"
[check.smtp]
interval = 1
deadline = 3
[[host]]
name = "mx"
address = "127.0.0.1"
services = ["smtp:{heart.port}"]
""")
    argv = [sys.executable, "-m", "app", "--config", str(config)]
    terminal = Terminal(argv, 160, 42, XDG_STATE_HOME=str(tmp_path))
    try:
        terminal.wait_for("Lab", 20)
        yield terminal
    finally:
        terminal.close()


def settle(terminal: Terminal) -> None:
    while terminal.read(0.5):
        pass


def switches(terminal: Terminal) -> int:
    """How often the thread that draws has given its turn away: it stands still when it is stuck."""
    pid = terminal.process.pid
    status = Path(f"/proc/{pid}/task/{pid}/status").read_text()
    return int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])


def press_and_do_not_read(terminal: Terminal, seconds: float) -> None:
    """Each key repaints the whole screen."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for key in "?", "\x1b":
            terminal.press(key)
            time.sleep(0.15)


def test_the_checks_go_on_and_the_screen_is_right_afterwards(
    console: Terminal, heart: Heart
) -> None:
    console.wait_for("✓ healthy")
    seen = len(heart.beats)
    press_and_do_not_read(console, 2)
    heart.fall_ill()
    press_and_do_not_read(console, STALL / 2 - 1)
    before = switches(console)
    press_and_do_not_read(console, STALL / 2)
    assert switches(console) == before, "the terminal has room for all that: nothing was proved"
    beats = [*heart.beats[seen - 1 :], time.monotonic()]
    assert max(later - sooner for sooner, later in pairwise(beats)) < HEARTBEAT

    # Read again: what was typed is done, and what turned meanwhile is shown.
    settle(console)
    if "Esc back" in console.text():
        console.press("\x1b")
    console.wait_for("✗ OUTAGE", 10)
    console.wait_for("554 no more today", 10)
    console.press("z")
    console.wait_for("FROZEN")
    settle(console)
    told, drawn = console.text(), console.screen.buffer
    shown = [dict(drawn[y]) for y in range(42)]
    console.resize(161, 43)
    settle(console)
    console.resize(160, 42)
    settle(console)
    assert console.text() == told
    assert [dict(console.screen.buffer[y]) for y in range(42)] == shown
    assert foreign(console.raw) == []


@pytest.mark.parametrize("number", [signal.SIGTSTP, signal.SIGSTOP])
def test_stopped_and_continued_it_is_as_before(console: Terminal, number: signal.Signals) -> None:
    """As by ``kill -STOP`` or a debugger, and by a shell's job control."""
    settle(console)
    process = psutil.Process(console.process.pid)
    process.send_signal(number)
    end = time.monotonic() + 5
    while process.status() != psutil.STATUS_STOPPED:
        console.read(0.05)
        assert time.monotonic() < end
    settle(console)
    console.screen.reset()
    process.send_signal(signal.SIGCONT)
    console.wait_for("Lab", 5)
    console.press("?")
    console.wait_for("KEYS", 5)
    console.press("\x1b")
    # Half of the help may be painted so far, over the panels; Escape and q together are Alt-q.
    settle(console)
    console.wait_for("1 Servers", 5)
    console.press("q")
    while console.read(0.5):
        pass
    assert console.process.wait(3) == 0
    local = termios.tcgetattr(console.master)[3]
    assert local & termios.ECHO
    assert local & termios.ICANON
