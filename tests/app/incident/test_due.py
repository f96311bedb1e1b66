from __future__ import annotations

from datetime import datetime, timedelta

from app.incident import due
from app.incident.kinds import Closed, Data, NoticeSent, RoleTaken
from app.incident.situation import Situation, situation
from checks.when import iso
from tests.app.incident.said import OPENED, said


def after(seconds: float) -> datetime:
    return OPENED.at + timedelta(seconds=seconds)


def standing(*datas: Data, at: float = 90) -> Situation:
    return situation("x", [OPENED, *(said(data, at) for data in datas)])


def test_without_a_lead_it_nags_every_two_minutes_and_five_times_only() -> None:
    now = standing()
    nagging = [second for second in range(0, 3600, 10) if due.is_nagging(now, after(second))]
    begun = [second for second in nagging if second - 10 not in nagging]
    assert begun == [120, 240, 360, 480, 600]
    assert len(nagging) == 5 * 3


def test_a_lead_ends_the_nagging_and_giving_it_up_begins_it_anew() -> None:
    lead = RoleTaken(role="lead", holder="ana")
    assert not due.is_nagging(standing(lead), after(120))
    assert due.is_nagging(standing(RoleTaken(role="scribe", holder="ana")), after(120))
    given_up = RoleTaken(role="lead", holder="", was="ana")
    now = standing(lead, given_up, at=600 + 60)
    assert not due.is_nagging(now, after(600 + 119))
    assert due.is_nagging(now, after(600 + 120))


def test_a_closed_incident_waits_for_nothing() -> None:
    now = standing(Closed())
    assert not due.is_nagging(now, after(120))
    assert due.until_notice(now, after(120)) is None


def test_the_next_notice_counts_down_and_on_below_zero() -> None:
    assert due.until_notice(standing(), after(0)) == 300
    promised = NoticeSent(audience=("it",), subject="s", next_at=iso(after(1800)))
    assert due.until_notice(standing(promised), after(1860)) == -60
    last = NoticeSent(audience=("it",), subject="all is well")
    assert due.until_notice(standing(last), after(1860)) is None
