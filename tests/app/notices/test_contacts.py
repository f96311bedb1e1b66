"""Whom to call: who is there comes first, and when the others are is said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notices.contacts import Contact, OnCall, contacts_now, windows

VIENNA = "Europe/Vienna"
ANA = Contact(
    name="Ana",
    role=("lead", "postfix"),
    reach=("+43 1 555",),
    hours=("Mon-Fri 08:00-18:00",),
    zone=VIENNA,
)
RAJ = Contact(name="Raj", role=("lead",), reach=("+43 1 556", "@raj"), after=15)
NIGHT = Contact(
    name="Night", role=("duty",), reach=("1",), hours=("Fri-Mon 22:00-06:00",), zone=VIENNA
)


def now(text: str, *contacts: Contact, role: str = "") -> list[OnCall]:
    at = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return [*contacts_now(contacts, at, role)]


def test_by_night_who_is_always_there_comes_first() -> None:
    raj, ana = now("2026-11-23T02:10", ANA, RAJ)
    assert (raj.contact, raj.is_there, ana.is_there) == (RAJ, True, False)
    assert ana.line == "Ana (lead, postfix): +43 1 555; not before Mon 08:00 CET"
    assert raj.line == "Raj (lead): +43 1 556, @raj; after 15 min without an answer"


def test_by_day_the_first_to_call_comes_first() -> None:
    ana, _ = now("2026-11-23T09:00", RAJ, ANA)
    assert ana.line == "Ana (lead, postfix): +43 1 555; until Mon 18:00 CET"


def test_in_summer_the_hours_are_those_of_the_clock_on_the_wall() -> None:
    assert now("2026-07-06T06:30", ANA)[0].is_there
    assert not now("2026-11-23T06:30", ANA)[0].is_there


def test_a_night_that_began_on_friday_lasts_into_saturday() -> None:
    assert now("2026-11-28T04:00", NIGHT)[0].is_there  # Saturday 05:00 in Vienna
    assert not now("2026-11-28T05:30", NIGHT)[0].is_there
    assert now("2026-11-24T04:00", NIGHT)[0].is_there  # Tuesday: Monday's night
    assert not now("2026-11-25T04:00", NIGHT)[0].is_there


def test_only_who_has_the_role_is_named() -> None:
    assert [one.contact for one in now("2026-11-23T09:00", ANA, RAJ, role="postfix")] == [ANA]
    assert now("2026-11-23T09:00", ANA, RAJ, role="printer") == []


@given(st.datetimes(*(datetime(year, 1, 1) for year in (2025, 2027))))  # noqa: DTZ001
def test_until_is_when_it_changes(at: datetime) -> None:
    for one in (ANA, NIGHT):
        found = contacts_now([one], at.replace(tzinfo=UTC))[0]
        assert found.until is not None
        assert contacts_now([one], found.until)[0].is_there != found.is_there


@pytest.mark.parametrize(
    "text", ["", "always", "Mon-Fri", "Mon-Fri 8-18", "Mon-Foo 08:00-18:00", "25:00-26:00", "-"]
)
def test_hours_that_are_wrong_say_how_they_are_written(text: str) -> None:
    with pytest.raises(ValueError, match="must"):
        windows([text])
