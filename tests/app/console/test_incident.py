"""Two operators in two real terminals carry one incident; one is killed, and comes back."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from app.incident.operator import called, me
from tests.lab.daemon import until
from tests.terminal import LEAVE, Terminal

pytestmark = pytest.mark.xdist_group("operators")


class Console(Terminal):
    """A console of `who`, with a state folder of their own."""

    def __init__(self, config: Path, who: str, folder: Path) -> None:
        argv = [sys.executable, "-m", "app", "--config", str(config)]
        super().__init__(argv, 160, 42, XDG_STATE_HOME=str(folder / who), SUDO_USER=who)
        self.who = who
        self._logs = folder / "shared" / "incidents"

    @property
    def seat(self) -> str:
        """As its presence says it."""
        tty = psutil.Process(self.process.pid).terminal() or ""
        return f"{me().login or self.who}@{tty.removeprefix('/dev/')}"

    def wait_for_log(self, text: str) -> None:
        """Until the log has that: what checks turn pushes it out of the strip at once."""

        def is_there() -> bool:
            self.read(0.05)
            return any(text in log.read_text() for log in self._logs.glob("*.jsonl"))

        until(is_there, text)

    def do(self, *steps: tuple[str, str]) -> None:
        """Press each key, and wait for what it brings."""
        for keys, shown in steps:
            self.press(keys)
            self.wait_for(shown)
            while self.read(0.15):
                pass

    def pick(self, text: str, then: str) -> None:
        """Choose the option with that text in the list that is open, by the arrow keys."""
        rows = self.text().split("\n")
        place = next(n for n, line in enumerate(rows) if f"│ {text}" in line)
        edge = rows[place].index(f"│ {text}")
        top = next(n for n in range(place, 0, -1) if rows[n][edge] == "╭")
        self.press("\x1b[H")
        while self.read(0.15):
            pass
        for _ in range(place - top - 1):
            self.press("\x1b[B")
            while self.read(0.15):
                pass
        self.do(("\r", then))


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    """A system whose mail server is out: its ports are taken, and nobody listens."""
    with ExitStack() as stack:
        ports = []
        for _ in range(2):
            taken = stack.enter_context(socket.socket())
            taken.bind(("127.0.0.1", 0))
            ports.append(taken.getsockname()[1])
        path = tmp_path / "config.toml"
        path.write_text(f"""
[log]
folder = "{tmp_path}/shared"
[check.smtp]
interval = 0.5
[check.imap]
interval = 0.5
[[host]]
name = "mail1"
address = "127.0.0.1"
services = ["smtp:{ports[0]}", "imap:{ports[1]}"]
""")
        yield path


@pytest.fixture
def ana(config: Path, tmp_path: Path) -> Iterator[Console]:
    console = Console(config, "ana", tmp_path)
    try:
        console.wait_for("OUTAGE", 30)
        yield console
    finally:
        console.close()


@pytest.fixture
def raj(config: Path, tmp_path: Path) -> Iterator[Console]:
    console = Console(config, "raj", tmp_path)
    try:
        console.wait_for("OUTAGE", 30)
        yield console
    finally:
        console.close()


def names(*consoles: Console) -> list[str]:
    seats = [console.seat for console in consoles]
    return [called(seat, seats) for seat in seats]


def test_two_carry_one_incident_and_one_is_killed_and_comes_back(
    ana: Console, raj: Console, config: Path, tmp_path: Path
) -> None:
    first, second = names(ana, raj)
    ana.wait_for("i opens an incident")
    raj.wait_for("i opens an incident")
    ana.do(("i", "Open an incident"), ("\r", "next notice"))
    raj.wait_for("next notice")
    raj.wait_for("resumed ")
    ana.wait_for(raj.seat)
    ana.do(("i", "HYPOTHESES"), ("r", "decides, and hands out work"), ("\r", f"{first} (you)"))
    ana.do(("\r", f"lead            {first}"))
    raj.wait_for(f"lead is {first} now")

    gone = ana.seat
    ana.process.send_signal(signal.SIGKILL)
    raj.wait_for(f"{gone} left: its console was killed")
    again = Console(config, "ana", tmp_path)
    try:
        again.wait_for("resumed ", 30)
        again.wait_for("next notice")
        again.wait_for(raj.seat)
        again.do(("i", f"lead            {first}"), ("r", "decides, and hands out work"))
        again.pick("lead", "hand it over to")
        again.pick(second, f"lead            {second}")
        raj.wait_for(f"lead is {second} now, was {first}")

        raj.do(("i", "none yet: h adds one"), ("h", "What could it be?"))
        raj.do(("disk full\r", "What makes you think so?"), ("\r", "○ suspected  disk full"))
        raj.do(("h", "a new one"))
        raj.pick("suspected", "ruled out")
        raj.do(("\r", "What rules it out?"), ("df says 20%\r", "– ruled out  disk full"))
        again.wait_for("ruled out  disk full")
        raj.do(("\x1b", "^p palette"))

        close(raj, tmp_path)
        again.do(("\x1b", ", closed"), ("q", ""))
        assert again.process.wait(5) == 0
    finally:
        again.close()


def close(console: Console, folder: Path) -> None:
    """Through the whole walk; the log stands on the terminal then, and in the files."""
    console.do(("q", "stays open"))
    console.pick("close the incident", "Close it all the same?")
    assert "STILL FAILING: smtp/mail1" in console.text()
    console.do(("\r", "Summary"), ("\r", "Root cause"), ("the plug was pulled\r", "Prevention"))
    console.do(("\r", "[ ] a file: csv"), (" ", "[x] a file: csv"), ("\r", "Into which folder?"))
    console.do(("\x15", ""), (f"{folder}/out\r", "incident review` is next"))
    assert console.process.wait(5) == 0, console.text()
    printed = console.raw.rpartition(LEAVE)[2].decode()
    assert "closed: " in printed
    assert "root cause: the plug was pulled" in printed
    assert "ruled out: disk full" in printed
    assert "chain of hashes intact" in printed
    assert "\x1b[3" not in printed, "text, no colours"
    (written,) = (folder / "out").iterdir()
    assert written.suffix == ".csv"
    assert str(written) in printed


def test_leaving_is_the_default_and_leaves_the_incident_open(ana: Console, raj: Console) -> None:
    ana.do(("i", "Open an incident"), ("\r", "next notice"))
    raj.wait_for("next notice")
    ana.do(("q", "leave the console"), ("\r", ""))
    assert ana.process.wait(5) == 0
    raj.wait_for("left: closed")
    assert "next notice" in raj.text()


def test_what_somebody_else_closed_meanwhile_is_not_closed_again(
    ana: Console, config: Path
) -> None:
    ana.do(("i", "Open an incident"), ("\r", "next notice"), ("q", "stays open"))
    ana.pick("close the incident", "Close it all the same?")
    ana.do(("\r", "Summary"), ("\r", "Root cause"), ("\r", "Prevention"))
    shell = [sys.executable, "-m", "app", "--config", str(config), "incident", "close"]
    subprocess.run(shell, check=True, capture_output=True, timeout=60)
    ana.wait_for(", closed")
    ana.do(("\r", "[ ] a file: csv"), ("\r", "was closed by somebody"))


EDITOR = r"""#!/bin/sh
if grep -q '^#!' "$1"; then sed -i 's/^never$/[ ] watch the disk | raj | 2026-12-01/' "$1"
else sed -i 's/^## What went well?$/&\nthe log/' "$1"; echo never >> "$1"; fi
"""


def test_each_act_is_a_letter_and_stands_in_the_log(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "editor"
    editor.write_text(EDITOR)
    editor.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(editor))
    ana = Console(config, "ana", tmp_path)
    try:
        ana.wait_for("i opens an incident", 30)
        ana.do(("i", "Open an incident"), ("\r", "next notice"), ("i", "HYPOTHESES"))
        ana.do(("?", "say that you have taken it on"), ("\x1b", "HYPOTHESES"))
        ana.do(("a", "acknowledged by "), ("a", "has acknowledged it already"))
        ana.do(("s", "SEV1  nobody of all"))
        ana.pick("SEV3", "SEV3 because")
        ana.do(("a test system\r", "set by"))
        ana.wait_for(": a test system · measured SEV1")
        ana.wait_for("OUTAGE  mail1  SEV3")
        ana.do(("m", "STILL FAILING: smtp/mail1"), ("nothing\r", "phase           resolved"))
        ana.do(("m", "Not resolved after all"), ("it fails\r", "phase           open"))
        ana.do(("7", "## What was the root cause"), ("x", "## "), ("\x1b", "Esc again"))
        ana.do(("\x1b", "HYPOTHESES"), ("7", "## What was"), ("\x05", "the review is in the log"))
        ana.do(("7", "## What was"), ("\x1b[6~" * 3, "[ ] watch the disk | raj | 2026-12-01"))
        ana.do(("never", "│ never"), ("\x13", ": an action item is written"))
    finally:
        ana.close()
