"""Terminals that can't show the console, that hardly can, and that change size all the time."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop import settle
from tests.strict import foreign
from tests.terminal import Terminal

pytestmark = pytest.mark.xdist_group("unfit")

MAILMEDIC = (sys.executable, "-m", "app")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Nobody listens there: an outage, known soon."""
    path = tmp_path_factory.mktemp("unfit") / "config.toml"
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        path.write_text(f"""
[system]
name = "Lab 漢"
[[host]]
name = "mx"
address = "127.0.0.1"
services = ["smtp:{unused.getsockname()[1]}"]
""")
        yield path


def ends_with(terminal: Terminal) -> str:
    """What is on the screen when the program has ended with the status of an outage."""
    end = time.monotonic() + 20
    while terminal.process.poll() is None and time.monotonic() < end:
        terminal.read(0.1)
    while terminal.read(0.1):
        pass
    assert terminal.process.returncode == 2, terminal.text()
    return terminal.raw.decode()


TOO_SMALL = "{}×{} is smaller than 60×15"
NO_SCREEN = "TERM={} can't show a screen"
UNFIT = {
    # The command; columns, lines and TERM; what is said.
    "narrow": ("{}", (59, 40, "xterm"), TOO_SMALL.format(59, 40)),
    "low": ("{}", (80, 14, "xterm"), TOO_SMALL.format(80, 14)),
    "dumb": ("{}", (80, 24, "dumb"), NO_SCREEN.format("dumb")),
    "empty": ("{}", (80, 24, ""), NO_SCREEN.format("(unset)")),
    "unset": ("env -u TERM {}", (80, 24, "xterm"), NO_SCREEN.format("(unset)")),
    "stdin": ("true | {}", (80, 24, "xterm"), "not a terminal"),
    "stdout": ("{} | cat; exit 2", (80, 24, "xterm"), "not a terminal"),
    "stderr": ("{} 2>&1 | cat; exit 2", (80, 24, "xterm"), "not a terminal"),
}


@pytest.fixture(scope="module")
def unfit(config: Path) -> Iterator[dict[str, Terminal]]:
    """All at once: each takes its time for three tries."""
    console = f"'{sys.executable}' -m app --config '{config}'"
    terminals = {
        name: Terminal(["sh", "-c", command.format(console)], columns, lines, TERM=term)
        for name, (command, (columns, lines, term), _) in UNFIT.items()
    }
    try:
        yield terminals
    finally:
        for terminal in terminals.values():
            terminal.close()


@pytest.mark.parametrize("name", UNFIT)
def test_what_cannot_show_it_gets_the_plain_status(unfit: dict[str, Terminal], name: str) -> None:
    lines = ends_with(unfit[name]).split("\r\n")
    assert lines[0] == f"mailmedic: {UNFIT[name][2]}; the status instead of the console"
    assert lines[1].startswith("OUTAGE  Lab 漢")
    assert "connection refused" in lines[2]
    assert "\x1b" not in "".join(lines)


def test_the_drill_says_that_it_needs_a_terminal() -> None:
    done = subprocess.run([*MAILMEDIC, "drill"], capture_output=True, check=False, text=True)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "mailmedic: not a terminal; the drill needs a terminal of its own\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-16"])
def test_a_report_survives_an_encoding_that_has_no_such_characters(
    config: Path, encoding: str
) -> None:
    done = subprocess.run(
        [*MAILMEDIC, "status", "--config", str(config)],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )
    assert done.returncode == 2, done.stderr
    lab = r"Lab \u6f22" if encoding != "utf-16" else "Lab 漢"
    assert f"OUTAGE  {lab}" in done.stdout.decode(encoding)


LOOKS: dict[str, dict[str, str]] = {
    "linux": {"TERM": "linux", "COLORTERM": ""},
    "screen": {"TERM": "screen", "COLORTERM": ""},
    # As in containers; a frame that SIGWINCH cuts short must be written to its end all the same.
    "tmux-256color": {"TERM": "tmux-256color", "COLORTERM": "", "PYTHONUNBUFFERED": "1"},
    "vt100": {"TERM": "vt100", "COLORTERM": ""},
    "NO_COLOR": {"NO_COLOR": "1"},
    "LC_ALL=C": {"LC_ALL": "C"},
    "LANG=C": {"LC_ALL": "", "LC_CTYPE": "", "LANG": "C"},
}

ANSI = ("black", "red", "green", "brown", "blue", "magenta", "cyan", "white")
"""As pyte calls the first eight."""


@pytest.fixture(scope="module")
def looks(config: Path) -> Iterator[dict[str, Terminal]]:
    """A console in each kind of terminal, all at once."""
    argv = [*MAILMEDIC, "--config", str(config)]
    terminals = {name: Terminal(argv, 120, 36, **env) for name, env in LOOKS.items()}
    try:
        for terminal in terminals.values():
            terminal.wait_for("OUTAGE", 30)
            terminal.wait_for("connection refused")
        yield terminals
    finally:
        for terminal in terminals.values():
            terminal.close()


@pytest.mark.parametrize("name", LOOKS)
def test_it_reads_in_every_kind_of_terminal(looks: dict[str, Terminal], name: str) -> None:
    terminal = looks[name]
    text = settle(terminal)
    cross = "x" if name in ("LC_ALL=C", "LANG=C") else "✗"
    assert f"{cross} OUTAGE  Lab" in text
    assert f"{cross} smtp/mx" in text
    assert "1 Servers" in text
    assert foreign(terminal.raw) == []
    if cross == "x":
        assert terminal.raw.isascii()
    drawn = [cell for row in terminal.screen.buffer.values() for cell in row.values()]
    for cell in drawn:
        is_own = cell.fg == "default"  # the terminal's own on the terminal's own
        assert cell.data.isspace() or not cell.data or is_own or cell.fg != cell.bg, cell
    if name == "NO_COLOR":
        colours = {colour for cell in drawn for colour in (cell.fg, cell.bg)} - {"default"}
        assert all(colour[:2] == colour[2:4] == colour[4:] for colour in colours), colours
    if LOOKS[name].get("TERM") in ("linux", "screen", "vt100"):
        used = {cell.fg for cell in drawn} | {cell.bg for cell in drawn}
        assert used <= {*ANSI, "default"}, "the terminal's own colours, and nothing mixed from them"
        assert {cell.fg for cell in drawn if cell.data == "✗"} >= {"red"}


def test_a_storm_of_sizes_ends_in_the_right_picture(looks: dict[str, Terminal]) -> None:
    terminal, rng = looks["tmux-256color"], random.Random(7)
    for _ in range(60):
        terminal.resize(rng.randrange(1, 250), rng.randrange(1, 80))
        terminal.read(rng.choice((0.0, 0.01, 0.05)))
    for columns, lines in ((20, 5), (1, 1), (59, 14), (120, 36)):
        terminal.resize(columns, lines)
        settle(terminal)
        assert terminal.process.poll() is None
        assert "#" not in terminal.text()
    told = terminal.text()
    assert "✗ smtp/mx" in told
    assert "4 Config" in told
    assert foreign(terminal.raw) == []


def test_a_screen_opened_while_it_is_far_too_small_survives(looks: dict[str, Terminal]) -> None:
    terminal = looks["linux"]
    terminal.resize(5, 2)
    for keys in ("?", "\x1b", "2", "\r", "/a", "\x1b", "\x1b", "e", "\x1b", "ss", "\x10", "\x1b"):
        terminal.press(keys)
        settle(terminal)
    terminal.resize(120, 36)
    settle(terminal)
    assert terminal.process.poll() is None
    terminal.press("1")
    terminal.wait_for("1 Servers")
    terminal.wait_for("✗ smtp/mx")


def test_a_narrow_console_is_not_first_laid_out_as_a_wide_one(config: Path) -> None:
    terminal = Terminal([*MAILMEDIC, "--config", str(config)], 80, 24)
    try:
        terminal.wait_for("1 Servers")
        settle(terminal)
        assert b"Initial assessment" not in terminal.raw
    finally:
        terminal.close()
