"""Since when: as we saw it, or as the host knows it from before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.board import Board
from checks.diagnosis.verdict import judge
from checks.facts import ClockFacts, Facts, LogFacts, LogKind, Unit, UnitFacts
from checks.model import Finding, State
from tests.boards import ONSET, board, result


def minutes(before: float) -> timedelta:
    return timedelta(minutes=-before)


def answered(on: Board, check: str, facts: Facts, *findings: Finding) -> Board:
    answer = replace(result(State.WARNING), facts=facts, findings=findings)
    standing = on.standings[check].take(answer)
    return Board(system=on.system, at=on.at, standings={**on.standings, check: standing})


def units(name: str, program: str, before: float) -> Board:
    """SMTP is down on mail1, and that unit ended so many minutes before we saw it."""
    on = board(
        {
            "smtp/mail1:25": State.CRITICAL,
            "units/mail1": State.WARNING,
            "clock/mail1": State.OK,
        }
    )
    unit = Unit(
        name=name, program=program, active="failed", sub="failed", since=ONSET + minutes(before)
    )
    other = Unit(name="redis.service", program="redis", active="active", sub="running")
    found = Finding("unit.failed", f"{name} failed (since 02:41:07Z): killed by SIGKILL")
    return answered(on, "units/mail1", UnitFacts((unit, other)), found)


def test_a_unit_that_ended_half_an_hour_ago_dates_the_outage_and_is_shown() -> None:
    judged = judge(units("postfix@-.service", "postfix", 30))
    assert judged.since == ONSET + minutes(30)
    assert judged.rests_on == ("smtp/mail1:25", "units/mail1")


@pytest.mark.parametrize(
    ("name", "program", "before"),
    [
        ("dovecot.service", "dovecot", 30),  # is not what SMTP hangs on
        ("postfix@-.service", "postfix", 60 * 24 * 3),  # stood beside mail that worked
        ("postfix@-.service", "postfix", -1),
    ],
)
def test_what_has_no_part_in_it_dates_nothing(name: str, program: str, before: float) -> None:
    judged = judge(units(name, program, before))
    assert judged.since == ONSET
    assert judged.rests_on == ("smtp/mail1:25",)


@pytest.mark.parametrize(
    ("said", "ahead", "margin", "before"),
    [
        (-30, 3600.0, 0.6, 30),
        (90, -3600.0, 0.6, 30),
        (30, -3600.0, 0.6, 0),  # in truth after we saw it
        (30, 1.5, 0.6, 30),  # no more than noise
        (30, 40.0, 60.0, 30),  # the answer was too slow to tell
        (30, 1e12, 0.6, 30),  # no clock at all
        (30, None, 0.0, 30),  # our own
    ],
)
def test_what_a_host_says_of_the_time_is_put_right_by_its_clock(
    said: float, ahead: float | None, margin: float, before: float
) -> None:
    on = units("postfix@-.service", "postfix", said)
    judged = judge(answered(on, "clock/mail1", ClockFacts(ahead, margin)))
    assert judged.since == ONSET + minutes(before)


@pytest.mark.parametrize(("delivered", "before"), [(40, 20), (10, 0)])
def test_the_log_dates_it_unless_there_was_a_sign_of_life_since(
    delivered: float, before: float
) -> None:
    on = board({"smtp/mail1:25": State.CRITICAL, "logs/mail1": State.WARNING})
    at = ONSET + minutes(20)
    kind = LogKind(code="log.postfix.fatal", meaning="fatal", count=3, recent=0, first=at, last=at)
    facts = LogFacts(
        since=ONSET + minutes(60),
        until=ONSET,
        kinds=(kind,),
        last_delivery=ONSET + minutes(delivered),
    )
    judged = judge(answered(on, "logs/mail1", facts, Finding(kind.code, "fatal")))
    assert judged.since == ONSET + minutes(before)
