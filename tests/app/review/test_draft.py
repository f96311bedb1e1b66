from __future__ import annotations

from app.incident.entry import Entry
from app.incident.folder import Summary
from app.incident.kinds import (
    ActionItem,
    CauseNamed,
    Closed,
    Data,
    Detected,
    Hypothesis,
    ItemChanged,
    NoticeSent,
    Opened,
    Reminded,
    Resolved,
    Reviewed,
    RoleTaken,
    VerdictChanged,
)
from app.incident.metrics import measures
from app.incident.situation import situation
from app.incident.targets import TARGETS
from app.review import questions
from app.review.draft import DRAFTS, Known, drafts, prevention, root_cause, same_cause, summary
from app.sop import Item, Step
from checks.when import iso
from tests.app.incident.said import OPENED, said
from tests.boards import ONSET

STEPS = (
    Step(
        id="fix",
        title="Fix",
        items=(Item(id="restart", title="Postfix restarted", what="", why=""),),
    ),
    Step(id="verify", title="Verify", items=(Item(id="mail", title="Test mail", what="", why=""),)),
)
DETECTED = said(
    Detected(onset=iso(ONSET), seen=iso(ONSET), check="smtp/mail1:25", summary="refused")
)


def known(*entries: Entry, earlier: tuple[Summary, ...] = ()) -> Known:
    all_entries = [OPENED, DETECTED, *entries]
    return Known(
        now=situation("2026-11-23-05", all_entries),
        measures=measures(all_entries, TARGETS["SEV1"]),
        steps=STEPS,
        earlier=earlier,
    )


def before(name: str, *datas: Data) -> Summary:
    opened = Opened(incident=name, title="queue stuck")
    entries = tuple(said(data) for data in (opened, *datas))
    return Summary(id=name, title="queue stuck", is_open=False, entries=entries)


OOM = CauseNamed(
    cause="process.mta-killed-oom", title="Postfix was killed", host="mail1", confidence=0.9
)


def test_every_question_has_a_draft_and_no_draft_is_without_a_question() -> None:
    assert {one.id for one in questions()} == set(DRAFTS) == set(drafts(known()))
    assert len({one.asks for one in questions()}) == len(questions())


def test_the_root_cause_is_what_was_confirmed_before_what_was_named() -> None:
    assert root_cause(known()) == ""
    assert root_cause(known(said(OOM))) == "Postfix was killed"
    suspected = said(Hypothesis(hypothesis="a", title="disk full"))
    assert root_cause(known(said(OOM), suspected)) == "Postfix was killed"
    confirmed = said(
        Hypothesis(hypothesis="a", title="disk full", state="confirmed"), 90, "ana", "", "df: 100%"
    )
    assert root_cause(known(said(OOM), suspected, confirmed)) == "disk full (df: 100%)"


def test_what_was_said_at_the_close_is_where_the_review_begins() -> None:
    closed = said(Closed(root_cause="no memory limit", prevention="set one"))
    found = drafts(known(said(OOM), closed))
    assert (found["root-cause"], found["prevention"]) == ("no memory limit", "set one")


def test_prevention_is_what_the_review_has_somebody_do() -> None:
    assert prevention(known()) == ""
    actions = (ActionItem(title="set a memory limit"), ActionItem(title="watch the disk"))
    found = prevention(known(said(Reviewed(actions=actions))))
    assert found == "set a memory limit; watch the disk"


def test_the_summary_says_what_since_when_and_how_long() -> None:
    assert summary(known()) == "nobody can send, since 2026-11-23 03:04:12Z"
    assert summary(known(said(Resolved(), 600))).endswith(", resolved after 10m 0s")


def test_the_response_is_held_against_the_targets() -> None:
    sent = said(NoticeSent(audience=("it", "users"), subject="down"), 120)
    found = drafts(known(sent, said(Resolved(), 5 * 3600)))
    assert "TTD to detect 0s, target 5m 0s: met" in found["response"]
    assert "TTR to resolve 5h 0m, target 4h 0m: MISSED" in found["response"]
    assert "TTN to first notice not reached, target 15m 0s" in found["response"]
    assert "to resolve took 5h 0m, target 4h 0m" in found["went-wrong"]
    assert "to detect in 0s" in found["went-well"]
    assert "told: it, users" in found["people"]


def test_what_went_wrong_names_what_failed_and_that_nobody_led() -> None:
    reminded = said(Reminded(of="lead", why="nobody is lead"), 180)
    failed = said(
        ItemChanged(item="mail", title="Test mail", state="failed", reason="bounced"), 200
    )
    found = drafts(known(reminded, failed, said(RoleTaken(role="lead", holder="raj"), 240, "raj")))
    assert "03:07:12Z nobody is lead" in found["went-wrong"]
    assert "03:07:32Z failed: Test mail bounced" in found["went-wrong"]
    assert "worked on it: ana, raj\nroles: raj (lead)" in found["people"]


def test_impact_trigger_and_detection_come_from_what_was_measured() -> None:
    judged = VerdictChanged(verdict="outage", severity="SEV1", summary="nobody can send")
    found = drafts(known(said(judged), said(OOM)))
    assert found["impact"].startswith("nobody can send (SEV1)")
    assert found["trigger"].startswith("Postfix was killed on mail1")
    assert "smtp/mail1:25 refused" in found["detection"]
    assert "first failing at 2026-11-23T03:04:12" in found["detection"]


def test_earlier_incidents_with_the_same_cause_are_named() -> None:
    earlier = (
        before("2026-10-01-01", OOM, Closed(root_cause="leak")),
        before("2026-09-01-01", CauseNamed(cause="disk.full", title="Disk full")),
        before("2026-08-01-01", Hypothesis(hypothesis="z", title="Disk Full ", state="confirmed")),
    )
    assert same_cause(known(said(OOM), earlier=earlier)) == ["2026-10-01-01 queue stuck (leak)"]
    disk = said(Hypothesis(hypothesis="a", title="disk full", state="confirmed"))
    assert same_cause(known(disk, earlier=earlier)) == ["2026-08-01-01 queue stuck"]
    other = said(CauseNamed(cause="dns.lame"))
    found = drafts(known(other, earlier=earlier))["before"]
    assert found == "no earlier incident has this cause"
    assert drafts(known(earlier=earlier))["before"] == "", "nobody knows the cause of this one yet"
    ourselves = before("2026-11-23-05", OOM)
    assert same_cause(known(said(OOM), earlier=(ourselves,))) == []
