from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from app.command.output import HEAD, TAIL, Output


def output(*chunks: bytes) -> Output:
    found = Output()
    for chunk in chunks:
        found.add(chunk)
    return found


@given(st.lists(st.binary(max_size=50_000), max_size=5))
def test_however_it_comes_size_lines_and_digest_are_of_the_whole(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    found = output(*chunks)
    assert (found.size, found.lines) == (len(whole), whole.count(b"\n"))
    assert found.sha256 == hashlib.sha256(whole).hexdigest()
    assert found.text() == output(whole).text()


@given(st.binary(max_size=100_000))
def test_what_is_shown_is_bounded_and_harmless(whole: bytes) -> None:
    text = output(whole).text()
    assert all(line.isprintable() for line in text.split("\n"))
    assert len(text) < 12 * (HEAD + TAIL)


def test_beginning_and_end_are_kept_and_what_is_missing_is_counted() -> None:
    lines = [b"line %06d\n" % number for number in range(10_000)]
    found = output(*lines)
    text = found.text().split("\n")
    assert text[0] == "line 000000"
    assert text[-1] == "line 009999"
    (gap,) = (line for line in text if line.startswith("…"))
    left_out = int(gap.split()[1].replace(",", ""))
    last = text[text.index(gap) + 1]
    assert left_out == found.size - HEAD - (10_000 - int(last.split()[1])) * 12


def test_the_second_half_of_a_secret_is_not_kept() -> None:
    line = b"password = " + b"hunter2" * 2000 + b"\n"
    text = output(b"x\n" * HEAD, line * 5, b"end\n").text()
    assert "hunter2" not in text
    assert text.endswith("end")
