from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import State
from checks.queue import _trend
from checks.queue._trend import LEAST, WINDOW, Look, growth, note, rates
from tests.checks.queue.asking import Canned, ask, lines


def over(seconds: float, *waiting: int) -> list[Look]:
    """That many messages, at looks that are spread evenly over so many seconds."""
    return [Look(n * seconds / (len(waiting) - 1), count) for n, count in enumerate(waiting)]


@pytest.mark.parametrize(
    ("waiting", "grows"),
    [
        ((12, 200, 400, 600, 812), 80.0),
        ((0, 0, 5000, 2000, 10), None),  # a newsletter, delivered
        ((0, 0, 0, 5000, 4900), None),  # on its way down
        ((5000, 5100, 5050, 5200, 5210), None),  # a large queue is never quite still
        ((5000, 5200, 5400, 5600, 5800), 80.0),
        ((40, 30, 20, 10, 0), None),
        ((7, 7, 7, 7, 7), None),
    ],
)
def test_what_grows_is_larger_than_it_ever_was(
    waiting: tuple[int, ...], grows: float | None
) -> None:
    assert growth(over(WINDOW, *waiting)) == grows


def test_in_less_than_five_minutes_nothing_is_a_trend() -> None:
    assert growth(over(LEAST - 1, 0, 1000)) is None
    assert growth(over(LEAST, 0, 1000)) == 200


@given(st.lists(st.tuples(st.floats(0, 90), st.integers(0, 10**6)), max_size=60))
def test_of_a_long_watch_only_the_last_minutes_count(steps: list[tuple[float, int]]) -> None:
    at = 0.0
    _trend._looks.clear()
    looks = [Look(0.0, 0)]
    note("queue/mail1", Look(0.0, 0))
    for pause, waiting in steps:
        at += pause
        looks = [look for look in [*looks, Look(at, waiting)] if at - look.at <= WINDOW]
        assert note("queue/mail1", Look(at, waiting)).growth == growth(looks)
        assert list(_trend._looks["queue/mail1"]) == looks


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=20))
def test_what_came_and_went_is_told_by_the_looks(steps: list[tuple[int, int]]) -> None:
    waiting, looks = 500, [Look(0.0, 500)]
    for number, (came, wanted) in enumerate(steps):
        waiting = waiting + came - min(wanted, waiting)
        looks.append(Look((number + 1) * 60.0, waiting, came))
    minutes = len(steps)
    arrivals, departures = rates(looks)
    assert arrivals is not None
    assert arrivals == pytest.approx(sum(came for came, _ in steps) / minutes)
    assert departures == pytest.approx((500 - waiting) / minutes + arrivals)
    assert rates(looks[:1]) == (None, None)


async def test_a_growing_queue_is_a_warning_while_its_mail_is_young(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_trend, "LEAST", 0.0)
    monkeypatch.setattr(_trend, "_looks", {})
    assert (await ask(Canned(lines(10)))).state == State.OK
    grown = await ask(Canned(lines(500)))
    assert (grown.state, grown.codes[0]) == (State.WARNING, "queue.growing")
    assert "messages a minute; 500 deferred" in grown.summary
    assert (await ask(Canned(lines(400)))).state == State.OK
