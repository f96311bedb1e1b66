from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.parsers import PARSERS

CORPUS = Path(__file__).with_name("corpus")

CORPUS_LIMIT = 400_000
"""Bytes of all of it: what a fuzzer finds goes in only where it shows something new."""


def test_every_parser_has_a_corpus_and_the_corpus_stays_small() -> None:
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    assert {path.parent.name for path in files} == set(PARSERS)
    assert sum(path.stat().st_size for path in files) < CORPUS_LIMIT


@pytest.mark.parametrize("name", PARSERS)
def test_whatever_the_fuzzer_found_is_read_or_refused(name: str) -> None:
    for path in sorted((CORPUS / name).iterdir()):
        PARSERS[name](path.read_bytes())


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=10)
@given(data=st.data())
def test_a_seed_that_was_damaged_is_read_or_refused(name: str, data: st.DataObject) -> None:
    """Cut, doubled, and with bytes of something else in the middle."""
    seeds = [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]
    seed = data.draw(st.sampled_from(seeds))
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(seed))] * 2)))
    PARSERS[name](seed[:start] + data.draw(st.binary(max_size=20)) + seed[end:])
    PARSERS[name](seed[:end] + seed[start:])
