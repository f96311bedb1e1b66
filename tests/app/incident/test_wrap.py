"""Text in cells: nothing is wider than it may be, and nothing is lost on the way."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from app.incident.reports._pages import Block, fill
from app.incident.reports._wrap import NARROWEST, cells, clip, columns, wrap

TEXT = st.text(st.sampled_from("abc  -漢字é\u0301한"), max_size=60)
WIDTH = st.integers(2, 30)


@given(TEXT)
@example("e\u0301" * 40)
def test_cells_are_counted_as_a_terminal_does(text: str) -> None:
    assert cells(text) == cell_len(text)


@given(TEXT, WIDTH)
@example("x" * 11, 10)
@example("漢" * 6, 11)
def test_wrapped_lines_fit_and_hold_every_letter(text: str, width: int) -> None:
    lines = list(wrap(text, width))
    assert max(map(cells, lines)) <= width
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_lines_break_at_blanks_where_there_are_any() -> None:
    assert list(wrap("connection refused by mail1", 20)) == ["connection refused", "by mail1"]
    assert list(wrap("exactly ten", 11)) == ["exactly ten"]
    assert list(wrap("abcdefghij", 4)) == ["abcd", "efgh", "ij"]


@given(TEXT, st.integers(NARROWEST, 30))
def test_a_clipped_text_fills_its_width_and_says_that_it_was_cut(text: str, width: int) -> None:
    clipped = clip(text, width)
    assert cells(clipped) == width
    assert clipped.rstrip().endswith("…") == (cells(text) > width)


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=5), st.integers(30, 80))
def test_columns_fit_and_hold_every_letter(rows: list[tuple[str, ...]], width: int) -> None:
    for row, lines in zip(rows, columns(rows, width), strict=True):
        assert max(map(cells, lines)) <= width
        assert sorted("".join("".join(lines).split())) == sorted("".join("".join(row).split()))


def test_the_widest_column_gives_way_first() -> None:
    (lines,) = columns([("03:10:53", "ana", "word " * 20)], 40)
    assert all(line[:8] in ("03:10:53", " " * 8) for line in lines)
    assert NARROWEST < 8


def test_a_block_that_does_not_fit_goes_to_the_next_page_under_its_heading_again() -> None:
    blocks = [Block(lines=[f"{n}a", f"{n}b"], under="Log") for n in range(3)]
    assert fill(blocks, 7) == [
        ["Log", "---", "0a", "0b", "1a", "1b"],
        ["Log, continued", "--------------", "2a", "2b"],
    ]


def test_a_heading_never_ends_a_page() -> None:
    blocks = [
        Block(lines=["1", "2"], under="People"),
        Block(lines=["3", "4"], under="Notices"),
    ]
    assert fill(blocks, 7) == [["People", "------", "1", "2"], ["Notices", "-------", "3", "4"]]


def test_a_block_longer_than_a_page_goes_on_under_its_name() -> None:
    long = Block(lines=list("abcdefgh"), under="Log", name="Entry 2")
    blocks = [Block(lines=["1"], under="Log"), long, Block(lines=["3"], under="Log")]
    assert fill(blocks, 5) == [
        ["Log", "---", "1"],
        ["Log, continued", "--------------", "a", "b", "c"],
        ["Entry 2, continued", "d", "e", "f", "g"],
        ["Entry 2, continued", "h", "3"],
    ]
