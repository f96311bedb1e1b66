"""Masked, no address is left, the same one is the same everywhere, and the story stays readable."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.incident.kinds import CommandEnded, Note, Opened
from app.incident.mask import masked
from app.incident.reports import load, names
from tests.app.incident.outage import OUTAGE
from tests.app.incident.stories import Said, story

OPENED = Opened(incident="2026-11-23-01", title="x")


def mask(text: str) -> str:
    told = masked(story([(0, "ana", OPENED), (1, "ana", Note())], ["", text]))
    return told.entries[1].text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("to=<Ana+x@Example.org>", "to=<mailbox-1@domain-1.invalid>"),
        (
            "a@x.test b@x.test A@X.test",
            "mailbox-1@domain-1.invalid mailbox-2@domain-1.invalid mailbox-1@domain-1.invalid",
        ),
        ('"john doe"@x.test', "mailbox-1@domain-1.invalid"),
        ("пример@пример.рф", "mailbox-1@domain-1.invalid"),
        ("root@mail1", "mailbox-1@domain-1.invalid"),
        ("mx.x.test[192.0.2.7]:25", "mx.x.test[address-2]:25"),
        ("198.51.100.7/24, 198.51.100.7.", "address-2/24, address-2."),
        ("2001:db8::1 [2001:DB8:0::1]:25", "address-2 [address-2]:25"),
        ("at 2001:db8::2: refused, and 2001:db8::.", "at address-2: refused, and address-3."),
        ("fe80::1%eth0 ::ffff:192.0.2.8", "address-2%eth0 address-3"),
        ("127.0.0.1:25 ::1 0.0.0.0 ::", "127.0.0.1:25 ::1 0.0.0.0 ::"),
        ("postfix@-.service getty@tty1.service", "postfix@-.service getty@tty1.service"),
        ("03:10:53 2026-11-23-01", "03:10:53 2026-11-23-01"),
        ("smtp/mail1:25 17:ab12", "smtp/mail1:25 17:ab12"),
        ("Net::DNS std::x 300.1.1.1", "Net::DNS std::x 300.1.1.1"),
    ],
)
def test_addresses_are_named_and_nothing_else_is(text: str, said: str) -> None:
    assert mask(text) == said


LOCAL = st.from_regex(r"[a-z0-9]([a-z0-9.+_-]{0,20}[a-z0-9])?", fullmatch=True)
DOMAIN = st.from_regex(r"[a-z0-9]{1,20}(\.[a-z]{2,10}){0,2}\.(test|example|org)", fullmatch=True)
ADDRESS = st.one_of(
    st.builds("{}@{}".format, LOCAL, DOMAIN),
    st.ip_addresses().filter(lambda one: not (one.is_loopback or one.is_unspecified)).map(str),
)
AROUND = st.sampled_from(
    ["<{}>", "[{}]", "({})", '"{}"', " {} ", "={},", "{};", "to {}: x", "{}\n"]
)


@given(st.lists(st.tuples(ADDRESS, AROUND), min_size=1, max_size=8))
@settings(max_examples=80)
def test_no_address_is_left_in_any_format(found: list[tuple[str, str]]) -> None:
    text = " ".join(around.format(address) for address, around in found)
    ended = CommandEnded(begun="x", host="m", argv=(text,), outcome="done", output=text)
    said: list[Said] = [(0, "ana", OPENED), (1, "ana", ended), (2, "ana", Note())]
    told = masked(story(said, ["", "", text]))
    for name in names():
        written = load(name).render(told).lower()
        for address, _ in found:
            whole = rf"(?<![\w.:@]){re.escape(address)}(?![\w.:@])"
            assert not re.search(whole, written), (name, address)


@pytest.mark.parametrize("name", names())
def test_a_whole_report_names_nobody_outside_and_everybody_who_acted(name: str) -> None:
    bare, hidden = (load(name).render(one) for one in (story(OUTAGE), masked(story(OUTAGE))))
    assert "192.0.2.10" in bare
    assert "boss" in bare
    assert "192.0.2.10" not in hidden
    assert "boss" not in hidden
    assert "ana" in hidden
    assert "mail1" in hidden


def test_the_last_hash_stays_that_of_the_log() -> None:
    assert masked(story(OUTAGE)).head == story(OUTAGE).head


def test_masked_text_says_so() -> None:
    assert "Masked    mail and IP addresses" in load("text").render(masked(story(OUTAGE)))


@pytest.mark.parametrize("piece", ["a@", "a.", ":", '"a', "a:", "@", "1.", "-@-"])
def test_a_long_text_of_anything_is_masked_in_no_time(piece: str) -> None:
    assert len(mask(piece * 10_000)) > 0
