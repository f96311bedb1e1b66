from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.incident.kinds import Data, Delivery, NoticeSent, Opened, Resolved, SeveritySet
from app.incident.rhythm import RHYTHM
from app.incident.situation import Situation, situation
from app.notices import composing
from app.notices.composing import begin, id_of, nothing_new, of_stage, taken_apart, told, written
from app.notices.notice import Draft
from checks.model import State
from tests.app.incident.said import OPENED, said
from tests.boards import board

AT = OPENED.at + timedelta(minutes=3, seconds=11)


def standing(*datas: Data) -> Situation:
    severity = SeveritySet(severity="SEV1")
    return situation("x", [OPENED, said(severity), *map(said, datas)])


def sent(who: str, number: int = 1, stage: str = "first", outcome: str = "accepted") -> NoticeSent:
    delivery = Delivery(route="chat", outcome=outcome)
    return NoticeSent(
        notice=f"{who}-{number}", audience=(who,), subject="s", stage=stage, deliveries=(delivery,)
    )


def proposed(*datas: Data) -> tuple[str, tuple[str, ...]]:
    found = begin(standing(*datas), AT, RHYTHM)
    return found.stage, found.audiences


ALL = ("it", "management", "users")


def test_first_everybody_is_told_and_then_all_who_were_until_they_know_that_it_is_over() -> None:
    assert proposed() == ("first", ALL)
    assert proposed(sent("it", outcome="refused")) == ("first", ALL)
    first = (sent("it"), sent("users"))
    assert proposed(*first) == ("update", ("it", "users"))
    assert proposed(*first, Resolved()) == ("resolved", ("it", "users"))
    over = (*first, Resolved(), sent("users", 2, "resolved"))
    assert proposed(*over) == ("resolved", ("it",))


def test_a_first_notice_after_the_first_goes_to_those_who_have_heard_nothing() -> None:
    now = standing(sent("it"))
    assert of_stage("first", now, AT, RHYTHM).audiences == ("management", "users")
    assert of_stage("technical", now, AT, RHYTHM).audiences == ("it",)


def test_the_next_notice_is_promised_by_severity_to_the_minute_and_none_after_the_end() -> None:
    found = begin(standing(), AT, RHYTHM)
    assert found.next_at == (AT + timedelta(minutes=20)).replace(second=0, microsecond=0)
    quiet = standing(SeveritySet(severity="SEV4"))
    later = begin(quiet, AT, RHYTHM).next_at
    assert later == (AT + timedelta(hours=4)).replace(second=0, microsecond=0)
    assert begin(standing(sent("it"), Resolved()), AT, RHYTHM).next_at is None


def test_an_update_without_news_says_so() -> None:
    found = nothing_new(standing(sent("it")), AT, RHYTHM)
    assert (found.stage, found.news) == ("update", composing.NOTHING_NEW)


def test_two_operators_who_send_at_once_send_the_same_notice_and_later_another() -> None:
    assert id_of(standing(), "users") == id_of(standing(sent("it")), "users") == "users-1"
    assert id_of(standing(sent("users")), "users") == "users-2"
    assert id_of(standing(sent("users"), sent("users")), "users") == "users-2", "sent again"
    assert id_of(standing(sent("users", outcome="refused")), "users") == "users-1"


def test_what_goes_into_the_log_is_what_was_decided() -> None:
    now, composition = standing(), begin(standing(), AT, RHYTHM)
    seen = board({"smtp/mail1:25": State.CRITICAL, "imap/mail1:143": State.OK})
    composition = replace(composition, phase="identified")
    found = told(composition, "users", "Subject: Mail is out\n\nYes.\n", now, seen)
    assert found.lines()[:2] == ["first notice to users: Mail is out", "Yes."]
    assert (found.phase, found.severity, found.notice) == ("identified", "SEV1", "users-1")
    assert found.components == {"Receiving mail": "out", "Reading mail": "works"}
    assert found.next_at[11:16] == f"{AT + timedelta(minutes=20):%H:%M}"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("Mail is out", "must begin with Subject:"),
        ("Subject:\n\ntext", "no subject"),
        ("Subject: a\n\n  \n", "no text"),
        ("", "must begin with Subject:"),
    ],
)
def test_a_text_without_subject_or_words_is_not_sent(text: str, mistake: str) -> None:
    with pytest.raises(ValueError, match=mistake):
        taken_apart(text)


@given(
    st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1, max_size=50),
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=99),
)
def test_what_was_filled_is_what_is_sent_when_nobody_edits_it(subject: str, body: str) -> None:
    draft = Draft(stage="first", audience="it", subject=subject, text=f"{body}\n")
    assert taken_apart(written(draft)) == (subject, f"{body}\n")


def test_what_is_opened_again_begins_anew_with_those_who_were_told_that_it_was_over() -> None:
    again = (sent("it"), Resolved(), sent("it", 2, "resolved"), Opened(incident="x", title="again"))
    assert proposed(*again) == ("update", ("it",))
