from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.tags import BadTags, parse_tags

names = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,9}", fullmatch=True)
values = st.text(st.characters(codec="utf-8", exclude_characters=";"), max_size=40).map(str.strip)


@given(st.dictionaries(names, values, max_size=8), st.sampled_from([";", "; ", " ;\t"]))
def test_what_was_written_is_read(tags: dict[str, str], between: str) -> None:
    assert parse_tags(between.join(f"{name}={value}" for name, value in tags.items())) == tags


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_in_harmless_words(text: str) -> None:
    refusal = ""
    try:
        parse_tags(text)
    except BadTags as error:
        refusal = str(error)
    assert refusal.isprintable()


@pytest.mark.parametrize("text", ["v=DKIM1; v=DKIM1", "p", "=x", "a b=c", "1=2", "v=1; \x1b[2J"])
def test_what_is_no_tag_list_is_refused(text: str) -> None:
    with pytest.raises(BadTags):
        parse_tags(text)
