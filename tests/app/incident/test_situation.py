from __future__ import annotations

from pathlib import Path

from app.incident import entry as make
from app.incident.entry import Entry
from app.incident.kinds import (
    Closed,
    Data,
    Delivery,
    Detected,
    EtaChanged,
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
from app.incident.situation import situation


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


def clock(entries: list[Entry]) -> str:
    """When the next notice is due."""
    due = situation("x", entries).next_notice
    return f"{due:%H:%M:%S}" if due else "none"


def notice(who: str, next_at: str = "", stage: str = "", severity: str = "") -> Entry:
    promised = f"2026-11-23T{next_at}Z" if next_at else ""
    data = NoticeSent(
        audience=(who,), subject="down", next_at=promised, stage=stage, severity=severity
    )
    return said(data, at="2026-11-23T03:10:00Z")


def test_the_first_notice_is_due_after_opening_and_then_as_the_last_one_promised() -> None:
    assert clock([OPENED]) == "03:10:02"
    assert clock([OPENED, notice("it", next_at="03:35:00")]) == "03:35:00"
    assert situation("x", [OPENED, notice("it")]).notices == 1


def test_the_next_notice_is_due_to_the_audience_that_waits_for_the_earliest() -> None:
    both = [OPENED, notice("it", next_at="03:35:00"), notice("users", next_at="03:30:00")]
    assert clock(both) == "03:30:00"
    assert clock([*both, notice("users", next_at="04:00:00")]) == "03:35:00"


def test_who_was_told_that_it_is_over_waits_no_longer_and_the_others_do() -> None:
    told = [OPENED, notice("it", next_at="03:35:00"), notice("users", next_at="03:30:00")]
    over = [*told, notice("users", stage="resolved")]
    assert clock(over) == "03:35:00"
    assert not situation("x", over).told["it"].is_over
    assert clock([*over, notice("it", stage="resolved")]) == "none"


def test_a_notice_that_no_route_took_leaves_the_one_before_due() -> None:
    failed = NoticeSent(
        audience=("it",),
        subject="down",
        next_at="2026-11-23T04:00:00Z",
        deliveries=(Delivery(route="relay2", outcome="refused"),),
    )
    assert clock([OPENED, said(failed)]) == "03:10:02"
    assert situation("x", [OPENED, said(failed)]).told == {}


def test_a_severity_that_rises_brings_the_next_notice_nearer_than_was_promised() -> None:
    promised = [OPENED, notice("it", next_at="05:10:00", severity="SEV3")]
    assert clock(promised) == "05:10:00"
    assert clock([*promised, said(SeveritySet(severity="SEV1"))]) == "03:30:00"
    assert clock([*promised, said(SeveritySet(severity="SEV4"))]) == "05:10:00"


def test_what_is_opened_again_after_the_end_was_told_has_to_be_told_again() -> None:
    over = [OPENED, notice("it", stage="resolved"), said(Resolved())]
    assert clock(over) == "none"
    again = said(Opened(incident="x", title="again"), at="2026-11-23T04:00:00Z")
    assert clock([*over, again]) == "04:05:00"


def test_the_estimate_is_the_one_given_last() -> None:
    given = [said(EtaChanged(high=f"2026-11-23T0{n}:00:00.000Z", reason="r")) for n in (4, 5)]
    found = situation("x", given)
    assert found.eta is not None
    assert found.eta.lines() == ["expected back: by 2026-11-23T05:00:00.000Z: r"]


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
