"""What is kept of a log, and what is counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain
from sys import getsizeof

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.maillog import excerpt
from checks.maillog.excerpt import OTHERS, Excerpt, Gathering, in_order, shape_of

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
HEAD = f"zone +0100\nnow {AT.timestamp() + 3600:.0f}\nsource /var/log/mail.log"


def line(text: str, after: float = 0, program: str = "postfix/smtpd") -> str:
    return f"| {(AT + timedelta(seconds=after)).isoformat()} mail1 {program}[7]: {text}"


def gathered(*lines: str, since: datetime = AT, from_start: bool = False) -> Excerpt:
    gathering = Gathering(since, from_start=from_start)
    gathering.take("\n".join([HEAD, *lines, "end"]))
    return gathering.excerpt()


def test_what_differs_by_names_and_numbers_alone_is_counted_together() -> None:
    found = gathered(
        line("4A9DD1DE: to=<ana@lab.test>, relay=none, status=deferred (timeout)", 1),
        line("BCDEFABC: to=<ben@lab.test>, relay=none, status=deferred (timeout)", 9),
        line("lost connection after EHLO from a[192.0.2.1]", 5),
    )
    (deferred, lost) = in_order(found.shapes, None)
    assert (deferred.count, lost.count, found.total) == (2, 1, 3)
    assert (deferred.first, deferred.last) == (AT + timedelta(seconds=1), AT + timedelta(seconds=9))
    assert "ben@lab.test" in deferred.example


def test_what_began_after_the_onset_stands_first_in_the_order_in_which_it_began() -> None:
    found = gathered(
        *[line("lost connection from a[192.0.2.1]", 1)] * 9,
        line("warning: second", 30),
        line("fatal: first", 20),
    )
    ordered = in_order(found.shapes, AT + timedelta(seconds=10))
    assert [one.text for one in ordered] == [
        "fatal: first",
        "warning: second",
        "lost connection from …",
    ]


def test_lines_from_before_the_time_wanted_do_not_count() -> None:
    found = gathered(line("old", -1), line("new"), line("newer", 1))
    assert (found.total, [one.text for one in found.lines]) == (2, ["new", "newer"])


@pytest.mark.parametrize("from_start", [False, True])
def test_of_more_than_can_be_kept_it_is_said_exactly_what_is_cut(
    monkeypatch: pytest.MonkeyPatch, from_start: bool
) -> None:
    monkeypatch.setattr(excerpt, "KEPT", 3)
    found = gathered(*(line("said", number) for number in range(10)), from_start=from_start)
    (shape,) = found.shapes
    seconds = [(one.at - AT).total_seconds() for one in found.lines]
    assert (shape.count, seconds) == (10, [0, 1, 2] if from_start else [7, 8, 9])
    assert ("first 3" if from_start else "latest 3 of 10") in found.cut


def test_a_log_of_nothing_but_different_messages_stays_small(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(excerpt, "SHAPES", 5)
    names = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta")
    found = gathered(*(line(f"{name} happened") for name in names))
    assert len(found.shapes) == 6
    assert sum(one.count for one in found.shapes) == 7
    assert {one.count for one in found.shapes if one.text == OTHERS} == {2}


def test_an_answer_without_end_is_told_to_be_one() -> None:
    gathering = Gathering(AT)
    gathering.take("\n".join([HEAD, line("said")]))
    assert "not read to its end" in gathering.excerpt().cut


@given(st.lists(st.one_of(st.text(max_size=60), st.text(max_size=60).map(line)), max_size=30))
def test_every_line_is_in_one_shape_and_nothing_from_outside_steers_the_terminal(
    texts: list[str],
) -> None:
    found = gathered(*(text.replace("\n", "\r") for text in texts))
    assert sum(one.count for one in found.shapes) == found.total
    assert len(found.lines) == found.total
    assert all(one.text.isprintable() and one.program.isprintable() for one in found.lines)
    assert all(f"{one.text}{one.example}{one.program}".isprintable() for one in found.shapes)
    shapes = {(one.program, one.text) for one in found.shapes}
    assert all(shape_of(one) in shapes for one in found.lines)


def test_of_more_files_than_are_told_apart_the_rest_is_said_to_be_missing() -> None:
    files = [f"source /var/log/mail.log.{n}\n{line('x', 1)}" for n in range(excerpt.SOURCES - 1)]
    assert not gathered(line("x"), *files).cut
    found = gathered(line("x"), *files, f"source /var/log/kern.log\n{line('y', 1)}")
    assert found.cut == f"of more than {excerpt.SOURCES} files the first were read"


@pytest.mark.parametrize("from_start", [False, True])
@pytest.mark.parametrize("character", ["x", "\U0001f4ec"])
def test_long_lines_of_several_logs_are_kept_within_so_many_bytes(
    monkeypatch: pytest.MonkeyPatch, character: str, from_start: bool
) -> None:
    text = character + "x" * (1000 if character == "x" else 250)
    monkeypatch.setattr(excerpt, "KEPT_BYTES", 20_000)
    gathering = Gathering(AT, from_start=from_start)
    gathering.take(HEAD)
    for number in range(100):
        gathering.take(f"source /var/log/{number % 2}\n" + line(text, number))
        assert sum(map(getsizeof, chain.from_iterable(gathering._kept.values()))) <= 2 * 20_000
    gathering.take("end")
    found = gathering.excerpt()
    seconds = [(one.at - AT).total_seconds() for one in found.lines if "x" in one.text]
    assert (seconds[0] == 0) == from_start
    assert (seconds[-1] == 99) == (not from_start)
    assert 15 <= len(seconds) <= 45
    assert sum(one.count for one in found.shapes) == found.total
    assert f"the first {len(found.lines)} lines" in found.cut or "latest" in found.cut
