"""Addresses that are others again and again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from checks.drift._turns import Turns

AT = datetime(2026, 11, 30, 3, 10, tzinfo=UTC)


def told(*answers: tuple[int, str], name: str = "A www.lab.test") -> list[bool]:
    """Whether it rotated after each of the answers: in which minute, and what it was."""
    turns = Turns()
    looks = [{name: (text, AT + timedelta(minutes=minute))} for minute, text in answers]
    return [bool([*turns.rotating(look)]) for look in looks]


def test_a_third_turn_within_an_hour_is_a_rotation() -> None:
    assert told((0, "a"), (1, "b"), (1, "b"), (2, "c"), (3, "b"))[-2:] == [False, True]
    assert told((0, "a"), (1, "b"), (2, "c"), (62, "b")) == [False] * 4


def test_what_moves_and_moves_back_does_not_rotate() -> None:
    assert told((0, "a"), (1, "b"), (2, "a"), (3, "a")) == [False] * 4


def test_only_addresses_rotate() -> None:
    assert not any(told((0, "a"), (1, "b"), (2, "c"), (3, "d"), name="MX lab.test"))


def test_a_rotation_ends_when_it_was_seen_to_stand_for_an_hour_and_not_by_time_alone() -> None:
    turning = ((0, "a"), (1, "b"), (2, "c"), (3, "d"))
    assert told(*turning, (3, "d"), (3, "d"))[3:] == [True, True, True]
    assert told(*turning, (61, "d"))[3:] == [True, False]


def test_a_name_that_is_ours_no_more_is_forgotten() -> None:
    turns = Turns()
    assert [*turns.rotating({"A x": ("a", AT)})] == []
    assert [*turns.rotating({})] == []
    assert turns._last == {}
