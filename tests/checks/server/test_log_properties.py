"""Whatever a host sends for a log: no error, bounded, and nothing that a terminal obeys."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from checks.server import _log_ledger
from checks.server._log_answer import HEAD_LIMIT, HEADS, Printed
from checks.server._log_events import TEXT_LIMIT, event
from checks.server._log_ledger import Ledger
from checks.server._log_look import parse
from checks.server._log_patterns import known
from checks.server._log_shapes import SHAPE_LIMIT, shape

NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)
HEAD = f"zone +0100\nnow {int(NOW.timestamp())}\nsource journal\n"
EXAMPLES = [one.pattern.example for own in known().values() for one in own]
TEXTS = st.text(max_size=300) | st.sampled_from(EXAMPLES)
LINES = st.lists(TEXTS.map(lambda text: text.replace("\n", " ")), max_size=20)


@given(st.binary(max_size=2000))
def test_any_answer_is_read_or_refused(answer: bytes) -> None:
    parse(answer.decode("utf-8", "backslashreplace"))


@given(LINES)
def test_any_lines_make_facts_that_can_be_shown(lines: list[str]) -> None:
    answer = parse(HEAD + "".join(f"| {line}\n" for line in lines) + "end\n")
    assert answer is not None
    ledger = Ledger(datetime(2020, 1, 1, tzinfo=UTC), 10 * 365 * 86400)
    ledger.take(answer.reading)
    facts = ledger.facts(answer.reading, NOW)
    assert len(facts.lost) <= _log_ledger.LOST_SHOWN
    assert len(facts.shapes) <= _log_ledger.SHAPES_SHOWN
    for kind in facts.kinds:
        assert kind.example.isprintable()
        assert len(kind.example) <= TEXT_LIMIT
        assert all(name.text.isprintable() for name in (*kind.users, *kind.domains, *kind.hosts))
    for lost in facts.lost:
        assert (lost.recipient + lost.sender + lost.reason).isprintable()


@given(TEXTS)
def test_a_shape_is_stable_and_short(text: str) -> None:
    once = shape(text)
    assert once == shape(text)
    assert once.isprintable()
    assert len(once) <= SHAPE_LIMIT


@given(st.lists(st.sampled_from(EXAMPLES), min_size=1, max_size=30))
def test_what_is_counted_is_what_was_told(lines: list[str]) -> None:
    answer = parse(HEAD + "".join(f"| {line}\n" for line in lines) + "end\n")
    assert answer is not None
    ledger = Ledger(datetime(2020, 1, 1, tzinfo=UTC), 10 * 365 * 86400)
    ledger.take(answer.reading)
    told = [one for line in answer.reading.lines if (one := event(line)) is not None]
    facts = ledger.facts(answer.reading, NOW)
    assert sum(kind.count for kind in facts.kinds) == sum(1 for one in told if one.code)


def test_a_secret_is_masked_in_the_shape_as_in_the_line() -> None:
    told = parse(HEAD + "| 1795546947.000000 a app[1]: error: --password hunter refused\nend\n")
    assert told is not None
    ledger = Ledger(datetime(2020, 1, 1, tzinfo=UTC), 10 * 365 * 86400)
    ledger.take(told.reading)
    (shown,) = ledger.facts(told.reading, NOW).shapes
    assert shown.text == "error: --password ******** refused"
    assert "hunter" not in shown.example


def test_a_host_that_prints_heads_for_ever_is_not_kept_in_memory_nor_believed() -> None:
    for heads in (["source {}"], ["{}"], ["read 1 2 3"]):
        printed = Printed(HEAD)
        for _ in range(50):
            printed.take("\n".join(one.format(n) for n in range(1000) for one in heads))
        printed.take("end")
        assert sum(map(len, printed._marks.values())) <= HEADS + 1
        assert not printed.is_whole
    printed = Printed(HEAD + "source " + "x" * 100_000 + "\nend")
    assert len(printed.last("source")) == HEAD_LIMIT
    assert printed.is_whole
