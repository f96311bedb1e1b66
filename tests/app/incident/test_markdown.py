"""Markdown says what was said, whatever it looks like: read back by a parser of it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.incident.kinds import Note, Opened
from app.incident.reports import markdown
from app.sop import load
from tests.app.incident.outage import OUTAGE
from tests.app.incident.stories import story

HARMLESS = {"text", "softbreak", "html_inline", "code_inline"}
"""What a line of ours may become: text, ``<br>`` between lines, and the last hash."""


def parsed(written: str) -> list[Token]:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return parser.parse(written)


def cells(tokens: list[Token]) -> list[str]:
    return [
        "".join("\n" if one.type == "html_inline" else one.content for one in token.children or ())
        for before, token in pairwise(tokens)
        if before.type == "td_open"
    ]


SAID = st.text(
    st.one_of(st.sampled_from("|*_`~<>[]()#&\\-+=!.1 \n$@:/ahtps"), st.characters()), max_size=80
)


@example(["a|b", "*x* _y_ ~~z~~ `c`", "<b>&amp;", "# h", "- l", "1. n"])
@example(["https://x www.x", "[a](b)\\"])
@given(st.lists(SAID, min_size=1, max_size=5))
@settings(max_examples=80)
def test_each_entry_is_a_row_with_its_own_text(texts: list[str]) -> None:
    opened = Opened(incident="2026-11-23-01", title="x")
    told = story([(0, "ana", opened), *((1, "ana", Note()) for _ in texts)], ["", *texts])
    tokens = parsed(markdown.render(told))
    inline = {one.type for token in tokens for one in token.children or ()}
    assert inline <= HARMLESS
    rows = cells(tokens)[-4 * len(told.entries) :]
    for place, entry in enumerate(told.entries):
        number, _, who, what = rows[4 * place : 4 * place + 4]
        assert (number, who) == (str(entry.n), entry.who)
        assert _bare(what) == _bare("\n".join(entry.lines()))


def _bare(text: str) -> list[str]:
    """Lines without the blanks around them, which Markdown drops."""
    return [" ".join(line.split()) for line in text.split("\n")]


@given(SAID)
@settings(max_examples=100)
def test_a_title_and_a_summary_are_never_a_list_a_rule_or_code(title: str) -> None:
    told = story([(0, "ana", Opened(incident="2026-11-23-01", title=title))])
    kinds = {token.type for token in parsed(markdown.render(told))}
    blocks = ("heading", "paragraph", "table", "thead", "tbody", "tr", "td", "th")
    assert kinds <= {"inline", *(f"{one}_{end}" for one in blocks for end in ("open", "close"))}


def test_it_has_the_same_sections_as_paper() -> None:
    written = markdown.render(story(OUTAGE, steps=load()))
    headings = [line for line in written.split("\n") if line.startswith("#")]
    assert headings[:5] == [
        "# Incident 2026-11-23-01: nobody can send",
        "## What happened",
        "## In short",
        "## Milestones",
        "## People",
    ]
    assert headings[-1] == "## Log"
