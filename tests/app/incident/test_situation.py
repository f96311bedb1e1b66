from __future__ import annotations

from pathlib import Path

from app.incident import entry as make
from app.incident.entry import Entry
from app.incident.kinds import (
    Closed,
    Data,
    Detected,
    Hypothesis,
    ItemChanged,
    NoticeSent,
    Opened,
    Resolved,
    RoleTaken,
    SeveritySet,
    SignedOff,
    VerdictChanged,
)
from app.incident.situation import FIRST_NOTICE, situation


def said(data: Data, who: str = "ana", at: str = "2026-11-23T03:05:02Z") -> Entry:
    return make.read({**make.new(data), "operator": {"user": who}, "at": at})


OPENED = said(Opened(incident="2026-11-23-01", title="nobody can send"))


def test_a_ticked_item_says_by_whom_and_undoing_returns_it_to_what_it_was() -> None:
    done = said(ItemChanged(item="power", title="Power", state="done"))
    assert situation("x", [OPENED, done]).items["power"].who == "ana"
    failed = said(ItemChanged(item="power", title="Power", state="failed", was="done"), "raj")
    record = situation("x", [OPENED, done, failed]).items["power"]
    assert (record.state, record.was, record.who) == ("failed", "done", "raj")


def test_sign_offs_count_each_person_once_and_only_since_it_was_open_last() -> None:
    sign = SignedOff(item="tested")
    twice = [said(sign), said(sign), said(sign, "raj")]
    assert situation("x", twice).items["tested"].signed == ("ana", "raj")
    again = said(ItemChanged(item="tested", title="Tested", state="open", was="done"))
    assert situation("x", [*twice, again, said(sign)]).items["tested"].signed == ("ana",)


def test_the_severity_is_the_highest_measured_until_a_person_sets_one() -> None:
    measured = [
        said(VerdictChanged(verdict="outage", severity=severity))
        for severity in ("SEV3", "SEV1", "SEV2", "")
    ]
    found = situation("x", measured)
    assert (found.severity, found.proposed) == ("SEV1", "")
    chosen = [*measured, said(SeveritySet(severity="SEV3")), measured[1]]
    assert situation("x", chosen).severity == "SEV3"


def test_the_first_notice_is_due_after_opening_and_then_as_the_last_one_promised() -> None:
    found = situation("x", [OPENED])
    assert found.next_notice == OPENED.at + FIRST_NOTICE
    notice = NoticeSent(audience=("it",), subject="down", next_at="2026-11-23T03:35:00Z")
    promised = situation("x", [OPENED, said(notice)])
    assert promised.notices == 1
    assert promised.next_notice is not None
    assert f"{promised.next_notice:%H:%M}" == "03:35"


def test_an_incident_is_resolved_then_closed_and_can_be_opened_again() -> None:
    story = [OPENED, said(Resolved()), said(Closed(summary="over")), OPENED]
    phases = [situation("x", story[: n + 1]).phase for n in range(4)]
    assert phases == ["open", "resolved", "closed", "open"]
    assert not situation("x", story[:3]).is_open


def test_roles_and_hypotheses_stand_as_they_were_said_last() -> None:
    story = [
        said(RoleTaken(role="lead", holder="ana")),
        said(RoleTaken(role="lead", holder="raj", was="ana")),
        said(Hypothesis(hypothesis="h1", title="disk full")),
        said(Hypothesis(hypothesis="h1", title="disk full", state="ruled out"), "raj"),
    ]
    found = situation("x", story)
    assert found.roles == {"lead": "raj"}
    assert (found.hypotheses["h1"].state, found.hypotheses["h1"].who) == ("ruled out", "raj")


def test_the_onset_is_the_first_that_was_said_and_garbage_is_none(tmp_path: Path) -> None:
    story = [said(Detected(onset="gestern")), said(Detected(onset="2026-11-23T03:04:12Z"))]
    found = situation("x", story)
    assert found.onset is not None
    assert f"{found.onset:%H:%M:%S}" == "03:04:12"
