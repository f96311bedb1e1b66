from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec import structs

from app.incident.kinds import Measured, QueueSize
from app.incident.situation import situation
from app.notices.backlog import Returned, backlog, returned
from checks.board import Board
from checks.facts import LogFacts, LostMail, QueueFacts
from checks.model import State
from tests.app.incident.said import OPENED, said
from tests.boards import ONSET, board


def seen(waiting: int | None, minutes: float) -> Board:
    made = board({"queue/mail1": State.OK})
    (standing,) = made.standings.values()
    assert standing.result is not None
    facts = QueueFacts(deferred=waiting) if waiting is not None else None
    standing = structs.replace(standing, result=structs.replace(standing.result, facts=facts))
    at = ONSET + timedelta(minutes=minutes)
    return structs.replace(made, at=at, standings={standing.id: standing})


def forecast(waiting: int | None, minutes: float, *log: tuple[float, int]) -> tuple[object, ...]:
    """Waiting, peak, and minutes from now until it is gone."""
    entries = [
        said(Measured(queues=(QueueSize(host="mail1", deferred=size),)), after=60 * at)
        for at, size in log
    ]
    board = seen(waiting, minutes)
    found = backlog(situation("x", [OPENED, *entries]), board)
    left = (found.by - board.at).total_seconds() / 60 if found.by else None
    return found.waiting, found.peak, left


def test_a_queue_that_drains_is_empty_when_its_rate_says_so() -> None:
    # 03:04:12 and an hour; 1000 in half an hour, so the other 1000 in the next: 04:34:12
    waiting, peak, left = forecast(1000, 60, (10, 500), (30, 2000), (45, 1500))
    assert (waiting, peak) == (1000, 2000)
    assert left == pytest.approx(30.8)  # 04:35:00


def test_one_that_does_not_drain_is_tried_again_within_postfix_longest_rest() -> None:
    assert forecast(2000, 60, (10, 500))[2] == pytest.approx(4300 / 60, abs=5)
    assert forecast(7, 60)[2] == pytest.approx(4300 / 60, abs=5)


def test_one_that_is_empty_needs_no_time_and_one_that_can_not_be_read_is_not_known() -> None:
    assert forecast(0, 60, (10, 500)) == (0, 500, None)
    assert forecast(None, 60) == (None, 0, None)


def test_a_forecast_beyond_what_a_queue_keeps_is_none() -> None:
    assert forecast(100_000, 6000, (10, 100_001))[2] is None


def logged(begins: float, count: int, *minutes: float) -> Board:
    """Logs that begin so many minutes after the onset, with mail given up at those minutes."""
    made = board({"logs/mail1": State.OK})
    (standing,) = made.standings.values()
    assert standing.result is not None
    facts = LogFacts(
        since=ONSET + timedelta(minutes=begins),
        until=ONSET + timedelta(hours=1),
        lost=tuple(
            LostMail(at=ONSET + timedelta(minutes=one), recipient=f"{one}@out.test")
            for one in minutes
        ),
        lost_count=count,
    )
    standing = structs.replace(standing, result=structs.replace(standing.result, facts=facts))
    return structs.replace(made, standings={standing.id: standing})


def test_mail_given_up_counts_from_the_onset_and_is_a_lower_bound_where_the_log_is_short() -> None:
    assert returned(logged(-5, 3, -1, 2, 3), ONSET) == Returned(2)
    assert returned(logged(5, 2, 6, 7), ONSET) == Returned(2, at_least=True)
    assert returned(logged(-5, 900, 6, 7), ONSET) == Returned(2, at_least=True)
    assert returned(seen(0, 60), ONSET) is None


def test_a_mail_host_whose_log_is_not_read_makes_it_a_lower_bound() -> None:
    blind = logged(-5, 1, 2)
    more = board({"smtp/mail2:25": State.OK}).standings
    both = structs.replace(blind, standings={**blind.standings, **more})
    assert returned(both, ONSET) == Returned(1, at_least=True)
