from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from app.incident import entry as make
from app.incident.kinds import Detected
from app.incident.metrics import measures, onset
from app.incident.situation import Situation, situation
from app.recorder import detected, missing
from checks.board import Board
from checks.diagnosis.verdict import judge
from checks.facts import Alert
from checks.model import State
from tests.boards import ONSET, board
from tests.monitors import with_monitor

DOWN = board({"smtp/mail1:25": State.CRITICAL, "imap/mail2:143": State.OK}, summary="refused")
EARLIER = ONSET - timedelta(minutes=4)
FIRED = ONSET - timedelta(minutes=3)


def alert(since: datetime = EARLIER, **more: str) -> Alert:
    given = {"name": "SmtpDown", "about": "mail1", "severity": "critical", **more}
    return Alert(since=since, fired=since + (FIRED - EARLIER), **given)


def written(on: Board) -> Detected:
    data = detected(on, judge(on)).data
    assert isinstance(data, Detected)
    return data


def test_an_alert_that_was_there_before_us_dates_onset_and_detection() -> None:
    said = written(with_monitor(DOWN, alert(), alert(ONSET - timedelta(minutes=1), name="Later")))
    assert (said.check, said.summary) == ("monitor/am", "mail1: SmtpDown")
    assert (said.onset, said.seen) == ("2026-11-23T03:00:12.000Z", "2026-11-23T03:01:12.000Z")


def test_the_time_to_detect_is_the_monitors_where_it_was_first() -> None:
    first = make.read(make.new(written(with_monitor(DOWN, alert()))))
    ttd = measures([first])[0]
    assert (ttd.name, ttd.seconds) == ("TTD", 60.0)


@pytest.mark.parametrize(
    "one",
    [
        alert(about="mail2"),  # which works here
        alert(severity="warning"),
        alert(note="silenced"),
        alert(ONSET + timedelta(seconds=30)),
        alert(ONSET - timedelta(days=3)),  # it stood beside mail that worked
    ],
)
def test_an_alert_that_is_no_evidence_leaves_onset_to_our_own_checks(one: Alert) -> None:
    said = written(with_monitor(DOWN, one))
    assert (said.check, said.onset) == ("smtp/mail1:25", "2026-11-23T03:04:12.000Z")


def test_a_monitor_that_cannot_be_read_leaves_onset_to_our_own_checks() -> None:
    said = written(with_monitor(DOWN, state=State.UNKNOWN))
    assert said.check == "smtp/mail1:25"


def test_a_monitor_that_answers_late_corrects_the_onset_once() -> None:
    now, kinds, entries = Situation(id="x"), [], []
    late = with_monitor(DOWN, alert())
    for one in (DOWN, late, late):
        records = missing(now, one, judge(one))
        kinds.append([record.data.kind for record in records])
        entries += [make.read(make.new(record.data)) for record in records]
        now = situation("x", entries)
    assert [one.count("detected") for one in kinds] == [1, 1, 0]
    assert now.onset == onset(entries) == EARLIER
