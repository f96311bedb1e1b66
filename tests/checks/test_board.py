from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.board import Board, Standing
from checks.model import State, Target
from tests.boards import NOWHERE, ONSET, result

TARGET = Target(name="mail1:25", about="smtp", resolver=NOWHERE)
NEW = Standing(kind="smtp", target=TARGET, interval=3.0)


def after(*states: State, standing: Standing = NEW) -> Standing:
    for place, state in enumerate(states):
        standing = standing.take(result(state, at=place))
    return standing


def test_one_success_is_enough_when_nothing_was_known() -> None:
    assert after(State.OK).state == State.OK


def test_two_failures_in_a_row_are_soft_and_the_third_is_hard() -> None:
    soft = after(State.OK, State.CRITICAL, State.CRITICAL)
    assert (soft.state, soft.is_soft) == (State.OK, True)
    hard = after(State.OK, State.CRITICAL, State.CRITICAL, State.CRITICAL)
    assert (hard.state, hard.is_soft) == (State.CRITICAL, False)


def test_the_onset_is_the_first_failure_and_not_its_confirmation() -> None:
    hard = after(State.OK, State.CRITICAL, State.CRITICAL, State.CRITICAL)
    assert hard.since == ONSET + timedelta(seconds=1)


def test_failures_of_different_kinds_count_together() -> None:
    hard = after(State.OK, State.CRITICAL, State.WARNING, State.UNKNOWN)
    assert (hard.state, hard.since) == (State.UNKNOWN, ONSET + timedelta(seconds=1))


def test_a_success_between_failures_starts_the_count_again() -> None:
    assert after(State.OK, *[State.CRITICAL, State.CRITICAL, State.OK] * 5).state == State.OK


def test_one_success_does_not_end_a_failure() -> None:
    failed = after(State.CRITICAL, State.CRITICAL, State.CRITICAL)
    assert after(State.OK, standing=failed).state == State.CRITICAL
    assert after(State.OK, State.OK, standing=failed).state == State.OK


def test_getting_worse_keeps_the_onset() -> None:
    warned = after(*[State.WARNING] * 3)
    worse = after(*[State.CRITICAL] * 3, standing=warned)
    assert (worse.state, worse.since) == (State.CRITICAL, ONSET)


def test_history_is_kept_for_ten_minutes_and_no_longer() -> None:
    standing = NEW
    for second in range(0, 1500, 10):
        standing = standing.take(result(State.OK, at=second))
    ages = [(standing.history[-1].at - point.at).total_seconds() for point in standing.history]
    assert max(ages) == 600


def test_an_answer_older_than_two_intervals_is_stale() -> None:
    standing = after(State.OK)
    assert not standing.is_stale(ONSET + timedelta(seconds=6))
    assert standing.is_stale(ONSET + timedelta(seconds=6.2))
    assert not NEW.is_stale(ONSET)


def test_a_turn_is_noted_once_and_the_first_success_is_none() -> None:
    board = Board(system="lab.test", at=ONSET, standings={NEW.id: NEW})
    for place, state in enumerate([State.OK, *[State.CRITICAL] * 5, *[State.OK] * 3]):
        board = board.take(NEW.id, result(state, at=place), ONSET)
    assert [(turn.before, turn.after) for turn in board.turns] == [
        (State.OK, State.CRITICAL),
        (State.CRITICAL, State.OK),
    ]


@given(st.lists(st.sampled_from(State), max_size=40), st.integers(2, 5), st.integers(1, 4))
def test_a_state_is_hard_only_after_that_many_tries_in_a_row(
    states: list[State], failures: int, successes: int
) -> None:
    standing = replace(NEW, failure_threshold=failures, success_threshold=successes)
    for place, state in enumerate(states):
        before, standing = standing, standing.take(result(state, at=place))
        if before.state is not None and standing.state != before.state:
            needed = successes if standing.state == State.OK else failures
            run = states[max(0, place - needed + 1) : place + 1]
            if standing.state == State.OK:
                assert run == [State.OK] * needed
            else:
                assert len(run) == needed
                assert before.state not in run


def test_a_costly_check_is_not_stale_while_it_rests() -> None:
    costly = replace(NEW, rest=10.0).take(replace(result(State.OK), duration=4.0))
    assert not costly.is_stale(ONSET + timedelta(seconds=80))
    assert costly.is_stale(ONSET + timedelta(seconds=100))
