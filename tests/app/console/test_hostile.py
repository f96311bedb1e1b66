"""Whatever servers, queues, files and hosts say: it is shown, and the terminal never obeys it.

One system in which everything that can speak is hostile, seen by one console and by `status`.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unicodedata import normalize

import pytest
from msgspec import Struct

from tests.app.console.hostile import EVIL, SEEN, SHORT, SHORT_SEEN, Lab, hostile_lab
from tests.desktop import MAIN, settle, wait_until_gone
from tests.strict import CLIPBOARD, foreign, harmless
from tests.terminal import Terminal

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("hostile")]

MAILMEDIC = (sys.executable, "-m", "app")


class Visit(Struct):
    """Every byte that the terminal got, the text of each screen, and the exit status."""

    raw: bytes
    shown: dict[str, str]
    status: int


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with hostile_lab(tmp_path_factory.mktemp("hostile")) as lab:
        yield lab


@pytest.fixture(scope="module")
def asked(lab: Lab) -> dict[str, subprocess.Popen[bytes]]:
    """``status`` in each of its shapes, at work while the console is looked at."""
    return {
        shape: subprocess.Popen(
            [*MAILMEDIC, "status", *shape.split(), "--config", str(lab.config)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **lab.env},
        )
        for shape in ("", "--json", "--plugin")
    }


@pytest.fixture(scope="module")
def visited(lab: Lab, asked: object) -> Iterator[Visit]:
    """A console that was led through every screen, and what each showed."""
    changed = lab.watched / f"main{SHORT.replace('/', '.')}.cf"
    changed.write_text("x = 1\n")
    terminal = Terminal([*MAILMEDIC, "--config", str(lab.config)], 160, 42, **lab.env)
    try:
        terminal.wait_for(" watched", 60)
        changed.write_bytes(b"y = " + EVIL.replace("\0", "").encode() + b"\xff\n")
        Path(os.fsdecode(os.fsencode(lab.watched) + b"/\xff\xfe\x1b[2Jnew")).write_text("z = 1\n")
        terminal.wait_for("y = ", 60)
        for text in ("✗ OUTAGE", f"? shut  {SHORT_SEEN}", "│ noisy", "BY REASON"):
            terminal.wait_for(text, 60)
        shown = dict(tour(terminal))
        terminal.press("q")
        while terminal.read(1):
            pass
        yield Visit(terminal.raw, shown, terminal.process.wait(5))
    finally:
        terminal.close()


STOPS = (
    # Screen, how to get there, what says that we are there, where to go in it, how to leave it.
    ("main", "", MAIN, "", ""),
    ("servers", "1\r", "J K details", "jKJk", ""),
    ("log", "\r", f"fatal: {SHORT_SEEN}", "a", "\x1b\x1b"),
    ("reachability", "2\r", "J K details", "jj", "\x1b"),
    ("queue", "3\r", "J K details", "y", "\x1b"),
    ("config", "4\r", "J K details", "jy", "\x1b"),
    ("evidence", "e", "─ Evidence at ", " " * 9, "\x1b"),
    ("differences", "d", "J K details", "", "\x1b"),
    ("filtered", "4/[2j", "4 Config  /[2j ", "", "\x1b\x1b"),
    ("help", "?", "KEYS", "", "\x1b"),
    ("palette", "\x10diff", "what changed in the configuration", "", "\x1b"),
    ("notice", "r", "running all checks", "", ""),
    ("wide", "ss", MAIN, "", "s"),
)


def tour(terminal: Terminal) -> Iterator[tuple[str, str]]:
    """Each stop's name, and all that was shown there."""
    for name, there, sign, about, back in STOPS:
        if there:
            terminal.press(there)
        terminal.wait_for(sign)
        shown = [settle(terminal)]
        for key in about:
            terminal.press(key)
            shown.append(settle(terminal))
        yield name, "\n".join(shown)
        for key in back:
            # Esc stands alone, or it would begin a sequence.
            terminal.press(key)
            settle(terminal, 0.5)
        if back == "\x1b":
            wait_until_gone(terminal, sign)
        elif back:
            terminal.wait_for(MAIN)
    for columns, lines in ((80, 24), (60, 15), (300, 80)):
        terminal.resize(columns, lines)
        terminal.wait_for(f"Lab {SHORT_SEEN}")
        yield f"{columns}x{lines}", settle(terminal)


def test_the_parser_finds_what_is_not_ours() -> None:
    assert foreign(b"\x1b[?1049h\x1b[1;1H\x1b[0;31mlab\xe2\x9c\x93\x1b[?2026l\x1b[1;") == []
    for bad in (
        EVIL,
        "\x1b]22;default\x07",
        "\x1b[2J",
        "\x1bc",
        "\x9b1m",
        "\u202e",
        "a\nb",
        "\x07",
    ):
        assert foreign(bad.encode()), bad
    assert foreign(b"\xff")


def test_nothing_reaches_the_terminal_but_text_and_our_own_sequences(visited: Visit) -> None:
    copies = CLIPBOARD.findall(visited.raw)
    assert foreign(CLIPBOARD.sub(b"", visited.raw)) == []
    assert len(copies) == 2, "one for each y"
    for copy in copies:
        text = base64.b64decode(copy).decode()
        assert SHORT_SEEN in text
        assert harmless(text)


def test_it_stays_alive_and_leaves_as_it_was_told(visited: Visit) -> None:
    assert visited.status == 0
    assert list(visited.shown)[-1] == "300x80"


@pytest.mark.parametrize(
    ("screen", "texts"),
    [
        ("main", [f"Lab {SHORT_SEEN}", f"greets with BYE: {SEEN}", f"shut  {SHORT_SEEN}"]),
        ("servers", [SEEN, "opendkim ✓", "noisy"]),
        ("log", [f"fatal: {SEEN}"]),
        (
            "reachability",
            [f"S: 220 {SEEN}", f"S: 250-{SEEN}", f"BYE: {SEEN}", f"554 {SEEN}", r"\xff\xfe www",
             "certificate for a^[[2Jb.test", r"gone\155[bold].lab.test"],
        ),
        (
            "queue",
            [f"said: # {SEEN}", '"[/] [bold]x"@lab.test', "a<U+202E>b@lab.test",
             f"{SHORT_SEEN}@lab.test", f"{SHORT_SEEN}.test", "?]0;pwn?[/][@click=app.quit]<U+"],
        ),
        ("config", [f"+y = {SEEN}", "/main^[]0;pwn^G[.].cf", r"/\xff\xfe^[[2Jnew"]),
        ("evidence", [f"554 {SEEN}", f"shut  {SEEN}", r"gone\155[bold].lab.test"]),
        ("differences", ["4 Config", "/main^[]0;pwn^G[.].cf"]),
        ("filtered", ["4 Config  /[2j", r"/\xff\xfe^[[2Jnew"]),
        ("help", ["KEYS"]),
        ("palette", ["what changed in the configuration"]),
        ("notice", ["running all checks"]),
        ("wide", [f"greets with BYE: {SEEN}"]),
        ("80x24", [f"Lab {SHORT_SEEN}"]),
        ("60x15", [f"Lab {SHORT_SEEN}"]),
        ("300x80", [f"greets with BYE: {SEEN}"]),
    ],
)  # fmt: skip
def test_the_text_is_shown_as_it_is(visited: Visit, screen: str, texts: list[str]) -> None:
    for text in texts:
        assert normalize("NFC", text) in visited.shown[screen], visited.shown[screen]


@pytest.fixture(scope="module")
def told(asked: dict[str, subprocess.Popen[bytes]]) -> dict[str, bytes]:
    """What ``status`` writes, in each of its shapes."""
    return {shape: process.communicate(timeout=60)[0] for shape, process in asked.items()}


@pytest.mark.parametrize("shape", ["", "--json", "--plugin"])
def test_status_is_harmless_and_tells_it_too(told: dict[str, bytes], shape: str) -> None:
    text = told[shape].decode()
    assert harmless(text)
    assert f"greets with BYE: {SEEN}" in text
    assert f"Lab {SHORT_SEEN}" in text
    if shape == "--json":
        assert json.loads(text)["verdict"] == "outage"
    if shape == "--plugin":
        assert text.splitlines()[0].count("|") == 1
