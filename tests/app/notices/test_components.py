from __future__ import annotations

import pytest

from app.notices.components import components
from checks.model import State, Trip
from tests.boards import board
from tests.trips import canary, standing, trip, with_trips

OK, CRITICAL, UNKNOWN, WARNING = State.OK, State.CRITICAL, State.UNKNOWN, State.WARNING


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({"smtp/a:25": OK, "smtp/b:25": OK}, {"Receiving mail": "works"}),
        ({"smtp/a:25": OK, "smtp/b:25": CRITICAL}, {"Receiving mail": "partly"}),
        ({"smtp/a:25": CRITICAL, "smtp/b:25": CRITICAL}, {"Receiving mail": "out"}),
        ({"smtp/a:25": WARNING, "smtp/b:25": UNKNOWN}, {"Receiving mail": "works"}),
        ({"smtp/a:25": None, "smtp/b:25": UNKNOWN}, {"Receiving mail": "unknown"}),
        ({"submission/a:587": CRITICAL, "smtps/a:465": OK}, {"Sending mail": "partly"}),
        ({"ping/a": CRITICAL, "https/a:443": CRITICAL}, {"Webmail": "out"}),
        (
            {"imaps/a:993": OK, "submission/a:587": CRITICAL},
            {"Sending mail": "out", "Reading mail": "works"},
        ),
    ],
)
def test_people_are_told_of_what_they_do_not_of_protocols(
    states: dict[str, State | None], expected: dict[str, str]
) -> None:
    assert {one.name: one.state for one in components(board(states))} == expected


def test_what_does_not_work_has_a_since_and_what_works_has_none() -> None:
    down, up = components(board({"submission/a:587": CRITICAL, "smtp/a:25": OK}))
    assert down.since is not None
    assert up.since is None


ANA, RAJ = canary("ana@lab.test", "a"), canary("raj@dept.test", "b")
ALL_UP = board({"submission/a:587": OK, "smtp/a:25": OK, "imaps/a:993": OK})


@pytest.mark.parametrize(
    ("trips", "broken"),
    [
        ([(trip(ANA, RAJ), ""), (trip(RAJ, ANA), "")], {}),
        ([(trip(ANA, RAJ), "send.submit"), (trip(RAJ, ANA), "")], {"Sending mail": "partly"}),
        ([(trip(ANA, RAJ), "send.submit")], {"Sending mail": "out"}),
        (
            [(trip("a", ANA), "send.submit"), (trip(ANA, RAJ), "")],
            {"Receiving mail": "partly"},
        ),
        ([(trip(ANA, RAJ), "deliver.deliver")], {"Receiving mail": "out"}),
        (
            [(trip(ANA, RAJ), "read.log in"), (trip(RAJ, ANA), "deliver.deliver")],
            {"Receiving mail": "partly", "Reading mail": "out"},
        ),
    ],
)
def test_where_test_mail_stops_something_does_not_work_though_each_service_answers(
    trips: list[tuple[Trip, str]], broken: dict[str, str]
) -> None:
    seen = with_trips(ALL_UP, *(standing(way, stop) for way, stop in trips))
    assert {one.name: one.state for one in components(seen) if one.is_broken} == broken
