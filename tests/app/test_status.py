from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app import status
from app.engine import Scene
from checks.board import Board
from checks.diagnosis.verdict import judge
from checks.facts import Alert
from checks.model import State
from checks.text import visible
from tests.boards import ONSET, board, result
from tests.monitors import with_monitor

PERFDATA = re.compile(r"(?:'[^'=|\n]+'=-?\d+(?:\.\d+)?(?:s|B|c|%)?(?: |$))+")
"""https://www.monitoring-plugins.org/doc/guidelines.html#AEN200, without thresholds."""


def plugin(on: Board) -> tuple[str, str, str]:
    """Summary, perfdata and long text."""
    head, _, rest = status.plugin(Scene(on, judge(on))).partition("\n")
    summary, _, perfdata = head.partition(" | ")
    return summary, perfdata, rest


def test_a_plugin_tells_what_each_check_measured() -> None:
    on = board({"queue/mail1": State.WARNING})
    found = replace(result(State.WARNING, summary="mail waits"), metrics={"deferred": 16.0})
    summary, perfdata, rest = plugin(on.take("queue/mail1", found, on.at))
    assert summary.startswith("MAILMEDIC DEGRADED")
    assert perfdata == "'queue/mail1'=0.0100s 'queue/mail1 deferred'=16"
    assert "mail waits" in rest


OUTSIDE = st.text().map(visible)
FIGURES = st.floats(allow_nan=False, allow_infinity=False)


@given(st.dictionaries(OUTSIDE, FIGURES), OUTSIDE)
def test_whatever_a_check_measured_is_perfdata(metrics: dict[str, float], said: str) -> None:
    on = board({"disks/mail1": State.OK})
    found = replace(result(State.CRITICAL, summary=said or "full"), metrics=metrics)
    for _ in range(3):
        on = on.take("disks/mail1", found, on.at)
    whole = status.plugin(Scene(on, judge(on)))
    assert whole.count("|") == 1
    assert PERFDATA.fullmatch(whole.partition("| ")[2].split("\n")[0])


def test_the_alerts_of_a_monitor_stand_in_the_document() -> None:
    alert = Alert(name="SmtpDown", about="mail1", severity="critical", since=ONSET)
    on = with_monitor(board({"smtp/mail1:25": State.OK}), alert)
    scene = Scene(on, judge(on))
    checks = json.loads(status.json(scene))["checks"]
    (told,) = [one for one in checks if one["id"] == "monitor/am"]
    assert told["alerts"] == [
        {
            "name": "SmtpDown",
            "host": "mail1",
            "severity": "critical",
            "since": "2026-11-23T03:04:12.000Z",
            "summary": "",
            "note": "",
        }
    ]
    assert "monitor/am  mail1: SmtpDown  [monitor.alert.firing]" in status.text(scene)
