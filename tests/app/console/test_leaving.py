"""However the console ends, it ends soon, gives the terminal back, and leaves nothing running."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.terminal import Terminal

DRILL = (sys.executable, "-m", "app", "drill")
WITHIN = 2.0

LEFT = (b"\x1b[?1049l", b"\x1b[?25h")
"""The main screen, and a cursor."""


@pytest.fixture
def drill(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(DRILL, 120, 36, XDG_STATE_HOME=str(tmp_path))
    try:
        terminal.wait_for("✓ healthy", 30)
        yield terminal
    finally:
        terminal.close()


def ended(terminal: Terminal, within: float = WITHIN) -> int:
    """Wait for the end, reading what is written; the exit status."""
    end = time.monotonic() + within
    while terminal.process.poll() is None and time.monotonic() < end:
        terminal.read(0.05)
    assert terminal.process.returncode is not None, "still running"
    while terminal.read(0.05):
        pass
    return terminal.process.returncode


def gone(children: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(children, timeout=3)[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_it_and_gives_the_terminal_back(
    drill: Terminal, number: signal.Signals
) -> None:
    children = psutil.Process(drill.process.pid).children(recursive=True)
    assert children, "the drill has servers"
    drill.process.send_signal(number)
    ended(drill)
    tail = drill.raw[-2000:]
    assert all(sequence in tail for sequence in LEFT)
    assert gone(children)


@pytest.mark.parametrize("key", ["q", "\x03"])
def test_a_key_ends_it(drill: Terminal, key: str) -> None:
    children = psutil.Process(drill.process.pid).children(recursive=True)
    drill.press(key)
    assert ended(drill) == 0
    assert gone(children)


def test_the_line_settings_are_as_they_were(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, termios\n"
        "before = termios.tcgetattr(0)\n"
        "subprocess.run([sys.executable, '-m', 'app', 'drill'])\n"
        "print('SAME' if termios.tcgetattr(0) == before else 'CHANGED', flush=True)\n"
    )
    terminal = Terminal([sys.executable, "-c", script], 120, 36, XDG_STATE_HOME=str(tmp_path))
    try:
        terminal.wait_for("✓ healthy", 30)
        psutil.Process(terminal.process.pid).children()[0].send_signal(signal.SIGTERM)
        terminal.wait_for("SAME", 10)
    finally:
        terminal.close()


def test_a_terminal_that_is_lost_ends_it(tmp_path: Path) -> None:
    terminal = Terminal(DRILL, 120, 36, XDG_STATE_HOME=str(tmp_path))
    terminal.wait_for("✓ healthy", 30)
    children = psutil.Process(terminal.process.pid).children(recursive=True)
    os.close(terminal.master)
    terminal.process.wait(WITHIN + 1)
    assert gone(children)


def test_a_terminal_that_is_lost_ends_it_also_where_it_controls_another_session(
    tmp_path: Path,
) -> None:
    """As after ``su -c``: nobody sends it a signal."""
    argv = ["setsid", "--fork", "--wait", *DRILL]
    terminal = Terminal(argv, 120, 36, XDG_STATE_HOME=str(tmp_path))
    terminal.wait_for("✓ healthy", 30)
    family = psutil.Process(terminal.process.pid).children(recursive=True)
    assert len(family) > 1
    os.close(terminal.master)
    assert gone(family)
    terminal.process.wait(WITHIN)


def test_a_stuck_terminal_does_not_keep_it_from_ending(drill: Terminal) -> None:
    """Nobody reads; the writer's queue fills; the loop blocks; SIGTERM still ends it."""
    children = psutil.Process(drill.process.pid).children(recursive=True)
    for _ in range(100):
        os.write(drill.master, b"1234")
        time.sleep(0.03)
    drill.process.send_signal(signal.SIGTERM)
    drill.process.wait(WITHIN + 1)
    assert gone(children)
