from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.board import Board
from tests.boards import ONSET
from tests.screens import assert_screen
from tests.widgets.scene import (
    AT,
    CRITICAL,
    OK,
    UNKNOWN,
    answer,
    board,
    outage,
    processes,
    queue,
    standing,
)
from widgets.panel import Panel
from widgets.panels import panels
from widgets.panels.config import Config
from widgets.panels.queue import Queue
from widgets.panels.reachability import Reachability
from widgets.panels.servers import Servers

BY_NAME = {panel.TITLE.lower(): panel for panel in panels()}

LOCKED = answer(UNKNOWN, "Permission denied (publickey)", "login.denied")
NAMES = {"reachability": ("dns", "lab.test"), "queue": ("postfix", "mail1")}


def drawn(panel: Panel, on: Board, width: int, height: int) -> list[str]:
    """The panel's frame and rows as text."""
    panel.set_reactive(Panel.board, on)
    panel.at, panel.onset = AT, ONSET
    return ["".join(span.text for span in line) for line in panel.lines(width, height)]


def unasked(panel: type[Panel]) -> Board:
    return board(*(standing(kind, "mail1") for kind in panel.KINDS))


def locked(panel: type[Panel]) -> Board:
    return board(*(standing(kind, "mail1", LOCKED) for kind in panel.KINDS))


FACES: dict[str, Callable[[type[Panel]], Board]] = {
    "error": locked,
    "empty": lambda _panel: board(),
    "asking": unasked,
    "data": lambda _panel: outage(),
}


@pytest.mark.parametrize("name", BY_NAME)
def test_each_panel_has_its_faces(name: str) -> None:
    screens: list[str] = []
    for face, make in FACES.items():
        screens += [face, *drawn(BY_NAME[name](), make(BY_NAME[name]), 64, 10)]
    for width in (80, 40):
        screens += [f"data in {width}", *drawn(BY_NAME[name](), outage(), width, 10)]
    assert_screen(f"panel-{name}", screens)


def test_panels_are_found_by_number() -> None:
    assert panels() == [Servers, Reachability, Queue, Config]


def text_of(panel: Panel, on: Board) -> str:
    return "\n".join(drawn(panel, on, 100, 20))


def test_a_queue_that_cannot_be_seen_is_blind_and_never_empty() -> None:
    blind = answer(UNKNOWN, "mail system is down", "queue.blind", mend="sudo postqueue -p")
    shown = text_of(Queue(), board(standing("postfix", "mail1", blind)))
    assert "blind: mail system is down" in shown
    assert "mend: sudo postqueue -p" in shown
    assert " 0 " not in shown


def test_reasons_of_all_hosts_are_counted_together() -> None:
    full = answer(OK, facts=queue(deferred=5))
    on = board(standing("postfix", "mail1", full), standing("postfix", "mail2", full))
    assert "2,262  refused: mail1" in text_of(Queue(), on)


def test_frozen_messages_are_seen_in_the_panel_of_a_screen_of_160_columns() -> None:
    frozen = replace(queue(deferred=1204), hold=6, frozen=6)
    growing = standing("exim", "mail2")
    for minute in range(10):
        seen = answer(OK, facts=frozen, active=0, deferred=800 + 45 * minute)
        growing = growing.take(replace(seen, at=AT - timedelta(minutes=9 - minute)))
    assert "6 frozen" in "\n".join(drawn(Queue(), board(growing), 62, 10))


def test_a_login_that_asks_names_the_key_to_press() -> None:
    asks = answer(UNKNOWN, "ssh wants a code", "login.needs-answer")
    shown = text_of(Servers(), board(standing("load", "mail1", asks)))
    assert "mail1  ssh asks for an answer: press L" in shown


def test_the_worst_of_several_checks_of_a_port_is_shown() -> None:
    port = standing("port", "mail1:25", answer(OK))
    smtp = standing("smtp", "mail1:25", answer(CRITICAL, "421 overloaded"))
    shown = text_of(Reachability(), board(port, smtp))
    assert "✗" in shown
    assert "✓" not in shown


def test_an_answer_that_is_old_is_not_shown_as_good() -> None:
    panel = Servers()
    on = board(standing("processes", "mail1", answer(OK, facts=processes("postfix"))))
    panel.set_reactive(Panel.board, on)
    panel.at = AT.replace(minute=20)
    assert "stale 10m" in "".join(span.text for span in panel.lines(60, 5)[0])


def test_a_soft_failure_is_told_from_a_confirmed_one() -> None:
    soft = standing("smtp", "mail1:25", answer(OK)).take(answer(CRITICAL, "refused"))
    shown = text_of(Reachability(), board(soft))
    assert "~" in shown
    assert "✗" not in shown
