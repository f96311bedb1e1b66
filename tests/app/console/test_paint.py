from __future__ import annotations

import random
import sys
import time

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from app.console.paint import Cell, Shadow
from tests.terminal import Terminal

WIDTH, HEIGHT = 24, 3
STYLES = ("", "1", "31", "1;38;2;10;20;30")

graphemes = st.sampled_from(["a", "b", " ", "漢", "字", "😀", "e\u0301", "✗"])
updates = st.lists(
    st.tuples(
        st.integers(0, HEIGHT - 1),
        st.integers(0, WIDTH - 1),
        st.lists(st.tuples(graphemes, st.sampled_from(STYLES)), min_size=1, max_size=WIDTH),
    ),
    max_size=12,
)


def cells_of(pieces: list[tuple[str, str]], room: int) -> list[Cell]:
    cells: list[Cell] = []
    for text, codes in pieces:
        width = cell_len(text)
        if len(cells) + width > room:
            break
        cells += [(text, codes), *[("", codes)] * (width - 1)]
    return cells


@given(updates)
@settings(max_examples=120)
def test_what_the_shadow_holds_is_what_the_terminal_shows(
    changes: list[tuple[int, int, list[tuple[str, str]]]],
) -> None:
    differing, plain = pyte.Screen(WIDTH, HEIGHT), pyte.Screen(WIDTH, HEIGHT)
    for screen in (differing, plain):
        # pyte wraps before a combining character in the last column.
        pyte.Stream(screen).feed("\x1b[?7l")
    shadow = Shadow()
    model = [[(" ", "")] * WIDTH for _ in range(HEIGHT)]
    for y, x, pieces in changes:
        cells = cells_of(pieces, WIDTH - x)
        model[y][x : x + len(cells)] = cells
        # Textual never leaves half a character: it puts a blank there.
        for place, (text, codes) in enumerate(model[y]):
            is_lead = cell_len(text) == 2
            followed = place + 1 < WIDTH and model[y][place + 1][0] == ""
            led = place > 0 and cell_len(model[y][place - 1][0]) == 2
            if (is_lead and not followed) or (text == "" and not led):
                model[y][place] = (" ", codes)
        out: list[str] = []
        pen = shadow.paint(y, 0, list(model[y]), out, "")
        pyte.Stream(differing).feed("".join(out) + ("\x1b[0m" if pen else ""))
    for y, row in enumerate(model):
        for x, (text, codes) in enumerate(row):
            pyte.Stream(plain).feed(f"\x1b[{y + 1};{x + 1}H\x1b[0;{codes}m{text}" if text else "")
    for y in {change[0] for change in changes}:
        assert differing.buffer[y] == plain.buffer[y]


def test_nothing_is_written_where_nothing_differs() -> None:
    shadow, out = Shadow(), []  # type: ignore[var-annotated]
    shadow.paint(0, 0, [("a", "1")] * 5, out, "")
    out.clear()
    shadow.paint(0, 0, [("a", "1")] * 5, out, "")
    assert out == []


def test_a_changed_digit_costs_a_move_a_style_and_a_digit() -> None:
    shadow, out = Shadow(), []  # type: ignore[var-annotated]
    shadow.paint(0, 0, [("4", "1"), ("1", "1"), ("s", "1")], out, "")
    out.clear()
    shadow.paint(0, 0, [("4", "1"), ("2", "1"), ("s", "1")], out, "")
    assert "".join(out) == "\x1b[1;2H\x1b[0;1m2"


def both_show(terminals: list[Terminal], step: str) -> None:
    """Wait until both show `step`, and the same in each cell."""
    for terminal in terminals:
        terminal.wait_for(step)
    end = time.monotonic() + 5
    while terminals[0].screen.buffer != terminals[1].screen.buffer:
        for terminal in terminals:
            terminal.read(0.02)
        assert time.monotonic() < end, "\n".join(terminal.text() for terminal in terminals)


@pytest.mark.parametrize(("seed", "how"), [(1, "on"), (2, "on"), (3, "slow")])
def test_random_changes_look_the_same_with_and_without(seed: int, how: str) -> None:
    rng = random.Random(seed)
    command = [sys.executable, "-m", "tests.app.console.painted", str(seed)]
    terminals = [Terminal([*command, which], 80, 24) for which in (how, "off")]
    try:
        both_show(terminals, "step 0.")
        for step in range(1, 31):
            act = "s" if step % 13 == 0 else "n"
            if step % 7 == 0:
                columns, lines = rng.randrange(50, 110), rng.randrange(16, 40)
                for terminal in terminals:
                    terminal.resize(columns, lines)
            for terminal in terminals:
                terminal.press(act)
            both_show(terminals, f"step {step}.")
        with_differ, without = (len(terminal.raw) for terminal in terminals)
        assert with_differ < without * 0.8
    finally:
        for terminal in terminals:
            terminal.close()
