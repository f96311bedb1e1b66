from __future__ import annotations

from datetime import timedelta

from checks.facts import Alert
from checks.model import State
from tests.boards import ONSET
from tests.monitors import with_monitor
from tests.widgets.scene import AT, OK, answer, board, standing
from widgets.entry import details
from widgets.panel import Panel
from widgets.panels.reachability import Reachability

DOWN = Alert(
    name="SmtpDown",
    about="mail1",
    severity="critical",
    since=ONSET - timedelta(minutes=4),
    summary="probe fails",
)
PLANNED = Alert(name="Disk", about="mail2", note="silenced")
FAR = Alert(name="Down", about="db7:9100")

WELL = board(standing("smtp", "mail1:25", answer(OK)))


def test_a_monitor_stands_below_the_hosts_and_says_what_it_says() -> None:
    panel = Reachability()
    panel.set_reactive(Panel.board, with_monitor(WELL, DOWN))
    panel.at = AT
    shown = ["".join(span.text for span in line) for line in panel.lines(100, 8)]
    (line,) = [one for one in shown if " am " in one]
    assert "✗" in line
    assert "mail1: SmtpDown" in line


def test_its_alerts_are_listed_and_so_is_what_was_not_matched() -> None:
    on = with_monitor(WELL, DOWN, PLANNED, not_matched=(FAR,))
    entry = Reachability().entries(on, AT)[-1]
    said = ["".join(span.text for span in line) for line in details(entry, AT)]
    assert "verdict rests on our own checks" in said[0]
    assert said[1:5] == [
        "✗ mail1  SmtpDown  since 2026-11-23 03:00:12  probe fails",
        "! mail2  Disk  (silenced)",
        "1 not matched with a host or domain of the config:",
        "! db7:9100  Down",
    ]


def test_a_monitor_that_cannot_be_read_says_so_and_lists_nothing() -> None:
    entry = Reachability().entries(with_monitor(WELL, state=State.UNKNOWN), AT)[-1]
    assert entry.more == ()
