from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from app.console.standing import standing
from app.incident.kinds import (
    Acknowledged,
    Closed,
    Data,
    Detected,
    Hypothesis,
    NoticeSent,
    Opened,
    Resolved,
    RoleTaken,
    SeveritySet,
    VerdictChanged,
)
from app.incident.situation import Situation, situation
from app.incident.targets import TARGETS
from checks.when import iso
from tests.app.incident.said import OPENED, said
from tests.boards import ONSET

SEEN = [
    OPENED,
    said(Detected(onset=iso(ONSET), seen=iso(ONSET + timedelta(seconds=40))), 62),
    said(VerdictChanged(verdict="outage", severity="SEV1"), 62),
]


def after(*datas: Data, seconds: float = 120) -> Situation:
    now = situation("2026-11-23-01", [*SEEN, *(said(data, seconds) for data in datas)])
    return replace(now, here=("ana@pts/3", "raj@pts/4"))


def told(now: Situation, at: float = 400) -> list[str]:
    rows = standing(now, TARGETS["SEV1"], ONSET + timedelta(seconds=at))
    return ["".join(span.text for span in row).rstrip() for row in rows]


def line(begin: str, now: Situation, at: float = 400) -> str:
    return next(text for text in told(now, at) if text.startswith(begin))


def words(begin: str, now: Situation, at: float = 400) -> str:
    return " ".join(line(begin, now, at).split())


def test_what_is_not_reached_yet_runs_on_and_turns_late_past_its_target() -> None:
    now = after()
    assert words("TTD", now) == "TTD to detect 40s 5m 0s ✓"
    assert words("TTR", now) == "TTR to resolve 6m 40s 4h 0m … runs"
    assert words("TTN", now, 899) == "TTN to first notice 14m 59s 15m 0s … runs"
    assert words("TTN", now, 901) == "TTN to first notice 15m 1s 15m 0s ✗ late"


def test_when_it_is_closed_nothing_runs() -> None:
    now = after(Resolved(), Closed())
    assert line("phase", now).startswith("phase           closed")
    assert words("TTR", now) == "TTR to resolve 2m 0s 4h 0m ✓"
    assert words("TTN", now, 10**6) == "TTN to first notice – 15m 0s –"


def test_who_is_lead_and_whether_they_are_here() -> None:
    assert line("lead", after()) == "lead            nobody"
    assert line("lead", after(RoleTaken(role="lead", holder="ana"))) == "lead            ana"
    assert line("lead", after(RoleTaken(role="lead", holder="eve"))).endswith("eve (not here)")
    assert line("here", after()).endswith("ana@pts/3, raj@pts/4")


def test_a_severity_that_was_overruled_says_by_whom_why_and_what_was_measured() -> None:
    assert line("severity", after()) == "severity        SEV1 · measured SEV1; s overrules it"
    now = after(SeveritySet(severity="SEV3", was="SEV1", reason="a test system"))
    assert line("severity", now) == (
        "severity        SEV3 · set by ana 03:06:12Z: a test system · measured SEV1"
    )


def test_the_next_notice_is_counted_down_and_overdue_in_words() -> None:
    assert line("next notice", after(), 120).endswith("in 4m 0s")
    assert line("next notice", after(), 420).endswith("OVERDUE by 1m 0s")
    last = NoticeSent(audience=("users",), subject="all is well")
    assert line("next notice", after(last)).endswith("none is due")


def test_hypotheses_stand_with_their_evidence_as_they_were_judged_last() -> None:
    entries = [
        said(Hypothesis(hypothesis="a", title="disk full"), 100),
        said(Hypothesis(hypothesis="b", title="OOM"), 101),
        said(
            Hypothesis(hypothesis="a", title="disk full", state="ruled out"), 110, "raj", "", "df"
        ),
        said(Hypothesis(hypothesis="b", title="OOM", state="confirmed"), 111, "ana", "", "dmesg"),
    ]
    rows = told(situation("x", [*SEEN, *entries]))
    assert rows[-2:] == [
        "– ruled out  disk full  raj 03:06:02Z: df",
        "✓ confirmed  OOM  ana 03:06:03Z: dmesg",
    ]


def test_what_is_resolved_can_be_open_again() -> None:
    acknowledged = after(Acknowledged(), Resolved())
    assert line("phase", acknowledged).startswith("phase           resolved")
    assert line("phase", acknowledged).endswith("acknowledged by ana")
    again = Opened(incident="2026-11-23-01", title="nobody can send")
    assert line("phase", after(Resolved(), again)).startswith("phase           open")
