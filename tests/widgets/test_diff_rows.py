from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from widgets.diff_rows import beside, unified
from widgets.text import Row, width_of

DIFF = (
    "access 0644 0:0 -> 0600 0:0",
    "@@ -1,4 +1,5 @@",
    " myorigin = a",
    "-mynetworks = 127.0.0.0/8",
    "--- a comment of SQL",
    "+mynetworks = 0.0.0.0/0",
    " inet_protocols = all",
    "+relayhost = [b]",
)


def text(line: Row) -> str:
    return "".join(span.text for span in line)


def test_what_changed_within_a_line_is_marked() -> None:
    rows = unified(DIFF)
    assert [text(line) for line in rows] == [line for line in DIFF if "@@" not in line]
    assert [tuple(span) for span in rows[2]] == [
        ("-mynetworks = ", "remove"),
        ("127.0.0.0/8", "remove-part"),
    ]
    assert [span.role for span in rows[3]] == ["remove"]
    assert [span.role for span in rows[4]] == ["add", "add-part"]


def test_side_by_side_what_was_stands_left_of_what_is() -> None:
    assert [text(line).rstrip() for line in beside(DIFF, 65)] == [
        "access 0644 0:0 -> 0600 0:0     │ access 0644 0:0 -> 0600 0:0",
        " myorigin = a                   │  myorigin = a",
        "-mynetworks = 127.0.0.0/8       │ +mynetworks = 0.0.0.0/0",
        "--- a comment of SQL            │",
        " inet_protocols = all           │  inet_protocols = all",
        "                                │ +relayhost = [b]",
    ]


@given(st.lists(st.text("+-@ ab", max_size=12), max_size=12), st.integers(3, 60))
def test_no_line_is_lost_and_none_is_too_wide(lines: list[str], width: int) -> None:
    kept = [line for line in lines if line and not line.startswith("@@")]
    assert sorted(text(line) for line in unified(lines)) == sorted(kept)
    assert all(width_of(line) <= width for line in beside(lines, width))
