from __future__ import annotations

from datetime import timedelta

from msgspec import structs

from app.incident import entry as make
from app.incident.due import LEAD_WITHIN
from app.incident.kinds import CheckTurned, Detected, VerdictChanged
from app.incident.situation import Situation, situation
from app.recorder import missing
from checks.board import Board
from checks.diagnosis.verdict import judge
from checks.model import State
from tests.app.incident.said import OPENED
from tests.boards import board

DOWN = board({"smtp/mail1:25": State.CRITICAL, "imap/mail1:143": State.OK}, summary="refused")
UP = board({"smtp/mail1:25": State.OK, "imap/mail1:143": State.OK})


def after(*boards: Board) -> tuple[Situation, list[list[str]]]:
    """The situation once all missing records of these boards are written, and their kinds."""
    now, kinds, entries = Situation(id="x"), [], []
    for one in boards:
        records = missing(now, one, judge(one))
        kinds.append([record.data.kind for record in records])
        entries += [make.read(make.new(record.data)) for record in records]
        now = situation("x", entries)
    return now, kinds


def test_an_outage_is_written_once_and_what_was_well_all_along_is_no_news() -> None:
    now, kinds = after(DOWN, DOWN)
    assert kinds == [["detected", "check", "verdict"], []]
    assert now.checks == {"smtp/mail1:25": "CRITICAL"}
    detected = next(one.data for one in now.entries if isinstance(one.data, Detected))
    assert (detected.check, detected.summary) == ("smtp/mail1:25", "refused")
    assert detected.onset == "2026-11-23T03:04:12.000Z"


def test_a_recovery_is_written_with_what_it_was_before() -> None:
    now, kinds = after(DOWN, UP)
    assert kinds[1] == ["check", "verdict"]
    turned, judged = now.entries[-2].data, now.entries[-1].data
    assert isinstance(turned, CheckTurned)
    assert (turned.was, turned.state) == ("CRITICAL", "OK")
    assert isinstance(judged, VerdictChanged)
    assert (judged.was, judged.verdict) == ("outage", "healthy")


def test_a_check_that_is_not_sure_yet_is_not_written() -> None:
    _, kinds = after(board({"smtp/mail1:25": None}))
    assert kinds == [["verdict"]]


def test_an_incident_without_a_lead_is_reminded_of_it_in_the_log_once() -> None:
    early, late = (structs.replace(UP, at=OPENED.at + wait) for wait in (timedelta(), LEAD_WITHIN))
    now = situation("x", [OPENED])
    assert "reminded" not in [record.data.kind for record in missing(now, early, judge(early))]
    records = missing(now, late, judge(late))
    reminded = [record for record in records if record.data.kind == "reminded"]
    assert len(reminded) == 1
    now = situation("x", [OPENED, *(make.read(make.new(one.data)) for one in records)])
    assert missing(now, late, judge(late)) == []
