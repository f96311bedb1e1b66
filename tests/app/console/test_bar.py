from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from app.console import bar, words
from app.engine import Scene
from app.incident.kinds import (
    CheckTurned,
    Closed,
    Data,
    EtaChanged,
    ItemChanged,
    Joined,
    Note,
    Resolved,
    RoleTaken,
    SeveritySet,
)
from app.incident.situation import Situation, situation
from checks.board import Board
from checks.diagnosis.verdict import judge
from checks.model import Severity, State
from tests.app.incident.said import OPENED, said
from tests.boards import board

DOWN = board({"smtp/mail1:25": State.CRITICAL, "imap/mail1:143": State.CRITICAL})
UP = board({"smtp/mail1:25": State.OK})


def scene(now: Situation | None, seen: Board = DOWN) -> Scene:
    return Scene(seen, judge(seen), now)


def standing(*datas: Data) -> Situation:
    return situation("2026-11-23-01", [OPENED, *map(said, datas)])


def note(shown: Scene, after: float = 0) -> str:
    return "".join(span.text for span in bar.note(shown, OPENED.at + timedelta(seconds=after)))


def test_an_outage_without_an_open_incident_says_which_key_opens_one() -> None:
    for none_open in (None, standing(Closed())):
        shown = scene(none_open)
        assert note(shown) == "i opens an incident"
    assert "i opens an incident" in words.log_title(scene(None))
    assert words.log_title(scene(standing(Closed()))) == "Incident 2026-11-23-01, closed"
    for no_need in (scene(None, UP), scene(standing())):
        assert "opens" not in note(no_need)
        assert "opens" not in words.log_title(no_need)


def test_the_next_notice_counts_down_in_its_largest_unit_and_is_loud_when_overdue() -> None:
    shown = scene(standing(RoleTaken(role="lead", holder="ana")))
    assert note(shown, 20) == "next notice 4m"
    assert note(shown, 299) == "next notice 1s"
    assert note(shown, 420) == "notice OVERDUE 2m"
    overdue = bar.note(shown, OPENED.at + timedelta(seconds=420))
    assert {span.role for span in overdue} == {bar.LOUD}


def test_the_estimate_stands_there_until_it_has_passed_and_then_shouts() -> None:
    lead = RoleTaken(role="lead", holder="ana")
    given = EtaChanged(low="2026-11-23T03:06:00Z", high="2026-11-23T03:08:00Z", reason="r")
    assert note(scene(standing(lead, given)), 10) == "ETA 03:08Z  next notice 4m"
    assert note(scene(standing(lead, given)), 240) == "ETA 03:08Z PASSED  next notice 1m"
    assert "ETA" not in note(scene(standing(lead, given, EtaChanged())), 10)
    assert "ETA" not in note(scene(standing(lead, given, Resolved())), 10)


def test_a_missing_lead_is_said_with_the_key_and_beside_the_countdown() -> None:
    assert note(scene(standing()), 125) == "NO LEAD: i  next notice 2m"
    assert note(scene(standing()), 175) == "next notice 2m"


def test_the_severity_is_the_one_that_a_person_has_set_while_the_incident_is_open() -> None:
    overruled = SeveritySet(severity="SEV3", reason="practice")
    assert bar.verdict(scene(standing(overruled))).severity == Severity.SEV3
    measured = judge(DOWN).severity
    assert measured != Severity.SEV3
    assert bar.verdict(scene(standing(overruled, Closed()))).severity == measured
    assert bar.verdict(scene(standing(SeveritySet(severity="worst")))).severity == measured
    assert bar.verdict(scene(standing(overruled), UP)).severity is None


def resumed(now: Situation) -> list[str]:
    return [line.text for line in words.log(scene(now)) if line.who == "here"]


def test_who_resumes_an_incident_reads_in_one_line_what_it_has_come_to() -> None:
    entries = [OPENED, said(Note(), 600, "raj", "disk is full"), said(Joined(), 1860, "ana")]
    now = situation("2026-11-23-01", entries)
    assert resumed(now) == []
    now = replace(now, resumed_after=2, here=("raj@pts/4", "ana@pts/3"))
    (line,) = resumed(now)
    assert line == (
        "resumed 2026-11-23-01 nobody can send · open since 03:05:12Z (30m 0s) · timers run on · "
        "here raj@pts/4, ana@pts/3 · last 03:14:12Z raj disk is full"
    )
    many = [*entries, *(said(Note(), 1900, "ana", "x") for _ in range(100))]
    later = replace(situation("2026-11-23-01", many), resumed_after=2)
    assert resumed(later) == [], "it scrolls away with what is as old"


def test_what_checks_write_in_a_row_does_not_push_a_persons_lines_out_of_the_strip() -> None:
    turns = [
        said(CheckTurned(check=f"smtp/mail{one}:25", state=state, was="OK"), one, "ana", "refused")
        for one, state in enumerate(("CRITICAL", "WARNING", "OK"))
    ]
    ticked = said(ItemChanged(item="power", title="Power", state="done", auto=True), 5)
    by_hand = said(ItemChanged(item="eta", title="Read", state="done"), 6, "raj")
    entries = [OPENED, *turns, ticked, said(Note(), 6, "ana", "I look"), *turns[:2], by_hand]
    lines = words.log(scene(situation("2026-11-23-01", entries)))
    assert lines[1].text == "3 entries of the checks, and then"
    assert [(line.who, line.state) for line in lines[1:]] == [
        ("auto", State.CRITICAL),
        ("auto", None),
        ("ana", None),
        ("auto", State.CRITICAL),
        ("auto", State.WARNING),
        ("raj", None),
    ]
