"""Items that people having been told evidence: nothing but an accepted notice does."""

from __future__ import annotations

import pytest

from app.actions import Record
from app.incident.kinds import Delivery, NoticeSent
from app.sop.changes import automatic
from app.sop.procedure import Item, Step
from tests.app.sop.team import Team


def team(*, over: bool, tells: tuple[str, ...] = ("it", "management")) -> Team:
    item = Item(
        id="told", title="Told", what="Tell.", why="They wait.", tells=tells, over=over, auto=True
    )
    return Team((Step(id="notify", title="Notify", items=(item,)),))


def tell(people: Team, audience: str, stage: str, *outcomes: str) -> None:
    deliveries = tuple(
        Delivery(route="outside", recipient=f"{n}@out.test", outcome=outcome, detail="250 queued")
        for n, outcome in enumerate(outcomes)
    )
    notice = NoticeSent(
        audience=(audience,), subject="Mail is down", stage=stage, deliveries=deliveries
    )
    people.write("ana", Record(notice))


def test_a_notice_that_was_accepted_ticks_it_with_the_reply_as_evidence() -> None:
    people = team(over=False, tells=("it",))
    assert people["told"].evidence.doubts == ("it has not been told yet",)
    tell(people, "it", "first", "accepted", "refused")
    (record,) = automatic(people.items)
    (line,) = record.evidence
    assert line.startswith("it, ")
    assert line.endswith("outside: accepted, 0@out.test, 250 queued")
    people.write("mailmedic", record)
    assert people["told"].state == "done"


@pytest.mark.parametrize("outcome", ["refused", "unknown"])
def test_a_notice_of_which_nobody_knows_that_it_arrived_does_not(outcome: str) -> None:
    people = team(over=False, tells=("it",))
    tell(people, "it", "first", outcome)
    assert automatic(people.items) == []


def test_one_audience_of_two_is_not_enough() -> None:
    people = team(over=False)
    tell(people, "it", "first", "accepted")
    assert people["told"].evidence.doubts == ("management has not been told yet",)
    assert automatic(people.items) == []


def test_who_heard_the_beginning_has_to_hear_the_end_and_nobody_else() -> None:
    people = team(over=True)
    tell(people, "it", "first", "accepted")
    assert people["told"].evidence.doubts == ("it has not been told that it is over",)
    tell(people, "it", "resolved", "accepted")
    assert people["told"].is_offered
    tell(people, "management", "update", "accepted")
    assert people["told"].evidence.doubts == ("management has not been told that it is over",)


def test_a_beginning_that_nobody_heard_has_no_end_to_tell() -> None:
    people = team(over=True)
    assert not people["told"].evidence.is_enough
    assert len(people["told"].evidence.doubts) == 2
