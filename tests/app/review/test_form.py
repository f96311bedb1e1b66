from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.incident.kinds import ActionItem, Reviewed
from app.review import questions
from app.review.form import ACTIONS, FormError, parse, render

LINE = st.text("abx #\\|[]é✓漢", max_size=12)
WORDS = LINE.map(str.strip)
ANSWER = st.lists(LINE, min_size=1).map("\n".join).map(lambda text: text.strip("\n")).filter(bool)
ITEM = st.builds(
    ActionItem,
    title=WORDS.filter(bool),
    owner=WORDS.map(lambda text: text.replace("|", "/")),
    due=st.one_of(st.just(""), st.dates().map(str)),
    is_done=st.booleans(),
)
REVIEW = st.builds(
    Reviewed,
    answers=st.dictionaries(st.sampled_from([one.asks for one in questions()]), ANSWER),
    actions=st.lists(ITEM, max_size=4).map(tuple),
)


@given(REVIEW, LINE)
def test_what_is_rendered_is_parsed_as_what_it_was(review: Reviewed, head: str) -> None:
    assert parse(render(review, head)) == review


@given(st.text())
def test_any_text_is_a_review_or_a_mistake_with_its_line(text: str) -> None:
    line = 1
    try:
        parse(text)
    except FormError as error:
        line = error.line
    assert 1 <= line <= text.count("\n") + 1


def test_every_question_is_a_heading_with_its_hint_and_the_hints_are_not_kept() -> None:
    text = render(Reviewed(), "Review of 2026-11-23-01")
    for question in questions():
        assert f"## {question.asks}\n# {question.hint}\n" in text
    assert parse(text) == Reviewed()


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("hello", 1, "before the first question"),
        ("# a\n## What went well?\nx\n## What went well?\n", 4, "twice"),
        (f"## {ACTIONS}\nmend it", 2, "written"),
        (f"## {ACTIONS}\n\n[ ] mend it | ana | tomorrow", 3, "'tomorrow' is no date"),
        (f"## {ACTIONS}\n[ ] | ana | 2026-12-01", 2, "what is to be done"),
        ("x" * 100_001, 1, "too many"),
    ],
)
def test_a_mistake_says_its_line_and_what_is_wrong(text: str, line: int, reason: str) -> None:
    with pytest.raises(FormError, match=f"line {line}: .*{reason}"):
        parse(text)


def test_an_answer_to_a_question_of_another_version_is_kept() -> None:
    review = Reviewed(answers={"What did it cost?": "a night"})
    assert parse(render(review, "x")) == review


def test_an_owner_and_a_date_may_be_left_out_and_an_editor_may_end_lines_as_windows_does() -> None:
    text = f"## {ACTIONS}\r\n[x] watch the disk | ana\r\n[ ] raise the quota\r\n"
    assert parse(text).actions == (
        ActionItem(title="watch the disk", owner="ana", is_done=True),
        ActionItem(title="raise the quota"),
    )
