from __future__ import annotations

import doctest

import pytest

from checks.model import State
from tests.widgets.scene import AT, CRITICAL, OK, answer, standing
from widgets import figures, panel_table, state, text
from widgets.figures import age
from widgets.panels import queue
from widgets.state import MARKS, ROLES, css, mark


@pytest.mark.parametrize("module", [figures, panel_table, queue, text])
def test_examples(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


def test_each_state_reads_without_colour() -> None:
    shown = [*MARKS.values(), state.ASKING, state.ABSENT]
    assert len({one.glyph for one in shown}) == len(shown)
    assert {one.role for one in shown} <= set(ROLES)
    assert all(f"lines--{role}" in css("X") for role in ROLES if role)


def test_each_glyph_has_an_ascii_one_of_its_own() -> None:
    plain = {one.glyph.translate(state.ASCII) for one in MARKS.values()}
    assert len(plain) == len(State)
    assert all(glyph.isascii() for glyph in plain)


def test_an_age_changes_seldom() -> None:
    assert len({age(tenths / 10) for tenths in range(90, 115)}) == 1


def test_a_failure_is_soft_until_it_is_confirmed() -> None:
    good = standing("smtp", "mail1:25", answer(OK))
    assert mark(good, AT).glyph == "✓"
    failed = good.take(answer(CRITICAL))
    assert mark(failed, AT).word == "critical, try 1 of 3"
    assert mark(failed.take(answer(CRITICAL)).take(answer(CRITICAL)), AT).glyph == "✗"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TERM": "linux"}, "ansi-dark"),
        ({"TERM": "xterm-256color"}, "textual-dark"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "textual-dark"),
    ],
)
def test_a_terminal_of_16_colours_keeps_its_own(environ: dict[str, str], expected: str) -> None:
    assert state.theme(environ) == expected
