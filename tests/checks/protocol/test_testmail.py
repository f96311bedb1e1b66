"""What is read of a message that came back; any of it may be forged."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from checks.protocol._received import HOPS_LIMIT, hops
from checks.protocol._testmail import (
    compose,
    is_whole,
    is_within,
    made_at,
    new_token,
    tokens_in,
)

POSTFIX = b"""\
Return-Path: <canary1@lab.test>
Received: from mail1.lab.test
\tby store1 with LMTP
\tid GEQ7CZOrBWuYdAAAg+zDdQ
\t(envelope-from <canary1@lab.test>)
\tfor <canary1@lab.test>; Tue, 24 Nov 2026 15:21:57 +0000
Received: from vm (localhost [127.0.0.1])
\tby mail1.lab.test (Postfix) with ESMTPSA id 24A2D20CFA0
\tfor <canary1@lab.test>; Tue, 24 Nov 2026 16:21:55 +0100 (CET)
Subject: mailmedic
"""

AT = datetime(2026, 11, 24, 15, 21, 55, tzinfo=UTC)


def test_hops_are_told_from_the_first_to_the_last_with_their_delays() -> None:
    first, second = hops(POSTFIX)
    assert (first.by, first.protocol, first.at, first.delay) == (
        "mail1.lab.test",
        "ESMTPSA",
        AT,
        None,
    )
    assert (second.by, second.protocol, second.delay) == ("store1", "LMTP", 2.0)


def test_a_clock_that_is_behind_gives_a_delay_below_zero() -> None:
    assert hops(POSTFIX.replace(b"15:21:57", b"15:21:50"))[1].delay == -5.0


dates = st.sampled_from(
    [
        b"Tue, 24 Nov 2026 15:21:57 +0000",
        b"Tue, 99 Nov 2026 15:21:57 +0000",
        b"Tue, 24 Nov 99999 15:21:57 +9999",
        b"Fri, 31 Dec 9999 23:59:59 -2359",
        b"Mon, 01 Jan 0001 00:00:00 +2359",
        b"Tue, 24 Nov 2026 15:21:57",
        b"; ; ;",
        b"",
        b"\xff\x00\x1b]0;pwned\x07",
    ]
)


@given(st.lists(st.tuples(st.binary(max_size=60), dates | st.binary(max_size=40)), max_size=80))
def test_no_received_fields_raise_or_show_control_characters(
    fields: list[tuple[bytes, bytes]],
) -> None:
    header = b"".join(b"Received: from a by %s; %s\r\n" % field for field in fields)
    found = hops(header)
    assert len(found) <= HOPS_LIMIT
    assert all((hop.by + hop.protocol).isprintable() for hop in found)
    assert all(hop.at is None or hop.at.tzinfo is UTC for hop in found)


@given(st.binary(max_size=400))
def test_no_header_raises(header: bytes) -> None:
    hops(header)
    tokens_in(header)
    token = new_token(AT)
    assert not is_whole(token, header)
    assert not is_within(token, header)


@given(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001
def test_a_token_tells_its_age(at: datetime) -> None:
    token = new_token(at.replace(tzinfo=UTC))
    assert (made_at(token) - at.replace(tzinfo=UTC)).total_seconds() <= 0
    assert tokens_in(b"X-Mailmedic-Canary: " + token.encode()) == [token]


def test_nothing_answers_a_test_mail() -> None:
    token = new_token(AT)
    message = email.message_from_bytes(compose(token, "a@lab.test", "b@lab.test"))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Precedence"] == "bulk"
    assert message["Subject"] == "mailmedic " + token.replace("-", " ")
    assert message["Date"] == "Tue, 24 Nov 2026 15:21:55 +0000"


def test_line_ends_and_blanks_do_not_alter_a_text_but_words_do() -> None:
    token = new_token(AT)
    body = compose(token, "a@lab.test", "b@lab.test").partition(b"\n\n")[2]
    assert is_whole(token, body.replace(b"\n", b" \r\n") + b"\r\n\r\n")
    assert not is_whole(token, body.replace(b"mail", b"post", 1))
    assert is_within(token, b"--part\r\n" + body + b"--part--\r\n")
    assert not is_whole(token, b"--part\r\n" + body + b"--part--\r\n")
