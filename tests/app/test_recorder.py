from __future__ import annotations

from datetime import timedelta

from msgspec import structs

from app.incident import entry as make
from app.incident.due import LEAD_WITHIN
from app.incident.kinds import (
    CheckTurned,
    Detected,
    Measured,
    NoticeSent,
    Reminded,
    VerdictChanged,
)
from app.incident.situation import LEAD, Situation, situation
from app.recorder import missing
from checks.board import Board
from checks.diagnosis.verdict import judge
from checks.facts import QueueFacts
from checks.model import State
from tests.app.incident.said import OPENED, said
from tests.boards import ONSET, board

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


def queue(deferred: int | None, minutes: float = 6) -> Board:
    """A board on which a queue was read, `minutes` after the onset; None is one that could not."""
    made = board({"queue/mail1": State.OK if deferred is not None else State.UNKNOWN})
    at = ONSET + timedelta(minutes=minutes)
    standing = made.standings["queue/mail1"]
    assert standing.result is not None
    oldest = at - timedelta(hours=1)
    facts = None if deferred is None else QueueFacts(deferred=deferred, oldest=oldest)
    seen = structs.replace(standing, result=structs.replace(standing.result, facts=facts))
    return structs.replace(made, at=at, standings={"queue/mail1": seen})


def sizes(*boards: Board) -> list[int]:
    """What is written of the queues when these boards are seen, each at its own time."""
    now, entries = Situation(id="x"), []
    for one in boards:
        for record in missing(now, one, judge(one)):
            document = {**make.new(record.data), "at": one.at.isoformat()}
            entries.append(make.read(document))
        now = situation("x", entries)
    return [entry.data.total for entry in entries if isinstance(entry.data, Measured)]


def test_a_queue_is_written_when_it_is_notably_another() -> None:
    grows = [queue(n, minutes=at) for at, n in enumerate((100, 105, 110, 111, 200, 181, 180, 100))]
    assert sizes(*grows) == [100, 111, 200, 100]


def test_a_queue_that_empties_or_begins_is_written_however_small() -> None:
    assert sizes(queue(0, 1), queue(1, 2), queue(0, 3), queue(0, 4)) == [0, 1, 0]


def test_a_queue_is_written_once_a_minute_at_most() -> None:
    assert sizes(queue(1, 1), queue(50, 1.5), queue(90, 1.9), queue(99, 2)) == [1, 99]


def test_a_queue_that_could_not_be_read_is_not_written_as_empty() -> None:
    assert sizes(queue(None, 1)) == []
    assert sizes(queue(5, 1), queue(None, 3)) == [5]


def test_a_queue_is_written_with_the_age_of_its_oldest_message() -> None:
    (record,) = [
        one
        for one in missing(Situation(id="x"), queue(7), judge(queue(7)))
        if isinstance(one.data, Measured)
    ]
    assert record.data.lines() == ["queue of mail1: 7 (deferred 7, oldest 1h 0m)"]


def test_a_notice_that_is_late_is_written_once_for_each_that_was_due() -> None:
    def late(now: Situation, minutes: float) -> list[str]:
        seen = structs.replace(UP, at=OPENED.at + timedelta(minutes=minutes))
        found = [one.data for one in missing(now, seen, judge(seen))]
        return [one.why for one in found if isinstance(one, Reminded) and one.of != LEAD]

    now = situation("x", [OPENED])
    assert late(now, 5.5) == []
    assert late(now, 6.5) == ["notice 2026-11-23T03:10:12.000Z is overdue: c writes it"]
    reminded = said(Reminded(of="notice 2026-11-23T03:10:12.000Z"))
    assert late(situation("x", [OPENED, reminded]), 9) == []
    told = said(NoticeSent(audience=("it",), subject="s", next_at="2026-11-23T03:30:00Z"))
    assert late(situation("x", [OPENED, reminded, told]), 60) == [
        "notice 2026-11-23T03:30:00.000Z is overdue: c writes it"
    ]
