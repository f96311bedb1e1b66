from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from widgets.columns import Column, draw, header, lay_out
from widgets.text import Row, Span, fit, pad, row, width_of

texts = st.text(st.sampled_from("ab ✗漢😀é\u0301\u200b\u202e\x1b\ud800\ufe0f…"), max_size=20)
spans = st.lists(st.builds(Span, texts, st.sampled_from(["", "bad"])), max_size=4).map(tuple)
columns = st.builds(
    Column,
    title=st.sampled_from(["HOST", "25", "漢字"]),
    priority=st.integers(0, 3),
    least=st.integers(1, 12),
    is_right=st.booleans(),
    is_flexible=st.booleans(),
    is_brief=st.booleans(),
    gap=st.integers(0, 3),
)


@st.composite
def tables(draw_from: st.DrawFn) -> tuple[list[Column], list[tuple[Row, ...]]]:
    these = draw_from(st.lists(columns, min_size=1, max_size=6))
    lines = draw_from(st.lists(st.tuples(*[spans] * len(these)), max_size=4))
    return these, lines


@given(tables(), st.integers(0, 60))
def test_no_row_is_wider_than_the_room(
    table: tuple[list[Column], list[tuple[Row, ...]]], width: int
) -> None:
    these, lines = table
    widths = lay_out(these, lines, width)
    for drawn in (header(these, widths), *(draw(these, widths, cells) for cells in lines)):
        assert width_of(drawn) <= width


@given(tables(), st.integers(0, 60))
def test_a_column_that_may_not_leave_is_there_while_those_that_may_are(
    table: tuple[list[Column], list[tuple[Row, ...]]], width: int
) -> None:
    these, lines = table
    widths = lay_out(these, lines, width)
    if any(shown and column.priority for shown, column in zip(widths, these, strict=True)):
        assert all(shown or column.priority for shown, column in zip(widths, these, strict=True))


@given(spans, st.integers(0, 30))
def test_text_is_cut_to_its_cells_and_says_so(spans: Row, width: int) -> None:
    fitted = fit(spans, width)
    assert width_of(fitted) <= width
    if width_of(spans) > width > 0:
        assert fitted[-1].text.endswith("…")
    assert width_of(pad(spans, width)) == width


def test_as_it_narrows_text_gives_way_first_and_columns_leave_by_priority() -> None:
    these = (
        Column(title="HOST", priority=0),
        Column(title="LOAD", priority=2, is_right=True),
        Column(title="MEM", priority=1, is_right=True),
        Column(title="SAYS", priority=0, least=6, is_flexible=True),
    )
    cells = (row("mail1"), row("0.42"), row("61%"), row("connection refused"))
    seen = {}
    for width in (40, 30, 20, 12):
        widths = lay_out(these, [cells], width)
        seen[width] = "".join(span.text for span in draw(these, widths, cells))
    assert seen == {
        40: "mail1  0.42  61%  connection refused",
        30: "mail1  0.42  61%  connection…",
        20: "mail1  61%  connect…",
        12: "mail1  conn…",
    }
