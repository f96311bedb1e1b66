from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.queue import _listing
from checks.queue._listing import Sample
from checks.queue._message import Message, Recipient


@given(st.lists(st.text(max_size=20), max_size=30))
def test_rows_are_harmless_and_as_many_as_there_are_messages(texts: list[str]) -> None:
    sample = Sample()
    people = [Recipient(text, text) for text in texts]
    sample.take([Message(text, 1, text, 2, text, people) for text in texts])
    assert len(sample.rows) == len(texts)
    for one in sample.rows:
        shown = (one.queue_id, one.queue, one.sender, one.recipient, one.reason)
        assert all(text.isprintable() for text in shown)
        assert one.others == len(texts) - 1


def test_of_too_many_a_fair_sample_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_listing, "ROWS", 1000)
    sample = Sample()
    for start in range(0, 20_000, 100):
        sample.take([Message("deferred", n) for n in range(start, start + 100)])
    assert len(sample.rows) == 1000
    quarters = [
        sum(n * 5000 <= one.arrived < n * 5000 + 5000 for one in sample.rows) for n in range(4)
    ]
    assert all(150 < count < 350 for count in quarters), quarters
