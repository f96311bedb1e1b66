from __future__ import annotations

import re
import sys

import pytest
from rich.segment import Segment
from textual.color import Color

from tests.terminal import Terminal
from tests.widgets.stage import HOSTILE, Stage
from widgets.backstop import ControlFilter
from widgets.panel_table import PanelTable

OURS = re.compile(
    r"\x1b\[[0-9;]*[Hm]|\x1b\[[<>=?]?[0-9;$]*[a-zA-Z]|\x1bP\+q[0-9A-Fa-f]*\x1b\\|\x1b\]22;default\x07"
)
"""What Textual writes by itself."""


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_in_every_field_leaves_the_app_alive(text: str) -> None:
    app = Stage(text)
    async with app.run_test(size=(160, 60)) as pilot:
        await pilot.pause()
        for table in app.query(PanelTable):
            table.focus()
            await pilot.press("down", "o", "o", "exclamation_mark", "enter")
            table.search(text)
            table.search("[/]")
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        assert app.is_running
    assert app.return_code in (None, 0)


@pytest.mark.parametrize(
    ("number", "differ"), [(0, "off"), *((n, "on") for n in range(len(HOSTILE)))]
)
def test_no_hostile_byte_reaches_the_terminal(number: int, differ: str) -> None:
    argv = [sys.executable, "-m", "tests.widgets.stage", str(number), differ]
    terminal = Terminal(argv, 160, 60)
    try:
        terminal.wait_for("all drawn")
        while terminal.read(0.3):  # what is read may end in the middle of a sequence
            pass
        text = OURS.sub("", terminal.raw.decode())
        assert not re.search(
            "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", text
        )
        assert "\\udc80" not in text
        assert terminal.process.poll() is None
    finally:
        terminal.close()


def test_the_filter_keeps_the_width_of_what_it_cleans() -> None:
    filtered = ControlFilter("utf-8").apply([Segment("a\x1b]0;x\x07\u202eb")], Color(0, 0, 0))
    assert "".join(segment.text for segment in filtered) == "a]0;xb"


def test_a_terminal_without_utf_8_gets_ascii() -> None:
    filtered = ControlFilter("latin-1").apply([Segment("╭─ ✗ ✓ … 漢 ▁█")], Color(0, 0, 0))
    assert "".join(segment.text for segment in filtered) == "+- x + ~ ?? _@"
