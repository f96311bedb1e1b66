from __future__ import annotations

import pytest

from app.incident.kinds import CauseNamed, Closed, Data, Detected, Hypothesis, Opened, Resolved
from app.incident.kinds import VerdictChanged as Verdict
from app.incident.situation import situation
from app.notices.phases import suggested
from tests.app.incident.said import OPENED, said

SEEN = Detected(onset="2026-11-23T03:04:12Z")
GUESS = CauseNamed(cause="c", confidence=0.5)
OUT, WELL = Verdict(verdict="outage"), Verdict(verdict="healthy", was="outage")


@pytest.mark.parametrize(
    ("log", "phase"),
    [
        ([SEEN, OUT], "investigating"),
        ([SEEN, OUT, GUESS], "investigating"),
        ([SEEN, OUT, Hypothesis(hypothesis="h", title="t")], "investigating"),
        ([SEEN, OUT, CauseNamed(cause="c", confidence=0.9)], "identified"),
        ([SEEN, OUT, CauseNamed(cause="c")], "identified"),
        ([SEEN, OUT, Hypothesis(hypothesis="h", title="t", state="confirmed")], "identified"),
        ([SEEN, OUT, GUESS, WELL], "monitoring"),
        ([SEEN, OUT, WELL, OUT], "investigating"),
        ([SEEN, OUT, WELL, Resolved()], "resolved"),
        ([SEEN, OUT, WELL, Resolved(), Closed()], "resolved"),
        ([SEEN, WELL, Resolved(), Opened(incident="x", title="again"), OUT], "investigating"),
    ],
)
def test_the_phase_is_what_the_log_speaks_for(log: list[Data], phase: str) -> None:
    assert suggested(situation("x", [OPENED, *map(said, log)])) == phase
