from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.facts import Reason
from checks.queue import _reasons
from checks.queue._reasons import Groups, kind, words


def top(*raws: str) -> list[tuple[str, int, str]]:
    groups = Groups(100)
    for raw in raws:
        groups.add(raw, 1)
    return [(one.text, one.count, one.family) for one in groups.top()]


def test_one_destination_is_named() -> None:
    raw = "connect to mail1[10.77.0.11]:25: Connection refused"
    assert top(raw, raw) == [(raw, 2, "")]


def test_many_destinations_of_one_fate_make_one_line_that_keeps_the_port() -> None:
    raws = [f"connect to mx{n}.ext.test[10.77.0.{n}]:25: Connection timed out" for n in range(9)]
    assert top(*raws) == [("connect to …:25: Connection timed out", 9, "")]


def test_suspended_destinations_count_with_what_suspended_them() -> None:
    raw = "connect to mail1[10.77.0.11]:25: Connection refused"
    assert top(raw, f"delivery temporarily suspended: {raw}") == [(raw, 2, "")]


def test_ids_times_and_counters_do_not_divide_a_group() -> None:
    raws = (
        f"host mx.ext.test[10.77.0.20] said: 451 4.7.500 Server busy. Try later from [10.77.0.{n}]."
        f" (S{n}7714) [DB5EUR01FT03{n} 2024-03-04T09:06:11.{n}23Z 08DC3B1A{n}]"
        " (in reply to RCPT TO command)"
        for n in range(9)
    )
    expected = "Server busy. Try later from # # # # # (mx.ext.test)"
    assert top(*raws) == [(expected, 9, "4.7.500")]


# As Postfix 3.7.11 words them, and the finding that each is.
@pytest.mark.parametrize(
    ("raw", "shown", "family", "code"),
    [
        (
            "host mx.ext.test[10.0.0.2] said: 450 4.7.1 <a@ext.test>: Recipient address rejected:"
            " Greylisted, see http://postgrey.schweikert.ch/help/ext.test.html"
            " (in reply to RCPT TO command)",
            "Recipient address rejected: Greylisted, see http… (mx.ext.test)",
            "4.7.1",
            "greylisted",
        ),
        (
            "host 10.0.0.2[10.0.0.2] said: 452 4.2.2 <q@ext.test> Mailbox is full / over quota"
            " (in reply to RCPT TO command)",
            "Mailbox is full / over quota (10.0.0.2)",
            "4.2.2",
            "mailbox-full",
        ),
        (
            "host 10.0.0.2[10.0.0.2] said: 421 too many connections, try again later"
            " (in reply to RCPT TO command)",
            "421 too many connections, try again later (10.0.0.2)",
            "",
            "throttled",
        ),
        (
            "host 10.0.0.2[10.0.0.2] said: 450-4.3.2 first 450 4.3.2 second"
            " (in reply to RCPT TO command)",
            "first # # second (10.0.0.2)",
            "4.3.2",
            "other",
        ),
        (
            "host mx.ext.test[10.0.0.2] refused to talk to me: 421 4.3.2 shutting down",
            "shutting down (mx.ext.test)",
            "4.3.2",
            "other",
        ),
        (
            "connect to mail1.lab.test[private/dovecot-lmtp]: No such file or directory",
            "connect to mail1.lab.test[private/dovecot-lmtp]: No such file or directory",
            "",
            "local-service",
        ),
        (
            "Host or domain name not found. Name service error for name=ext.test type=MX:"
            " Host not found, try again",
            "Host or domain name not found. Name service error for name=ext.test type=MX:"
            " Host not found, try again",
            "",
            "dns",
        ),
        ("mail transport unavailable", "mail transport unavailable", "", "transport"),
        (
            "conversation with mx.ext.test[10.0.0.2] timed out while receiving the initial"
            " server greeting",
            "conversation with mx.ext.test[10.0.0.2] timed out while receiving the initial"
            " server greeting",
            "",
            "timeout",
        ),
        (
            "lost connection with mx.ext.test[10.0.0.2] while sending RCPT TO",
            "lost connection with mx.ext.test[10.0.0.2] while sending RCPT TO",
            "",
            "lost-connection",
        ),
        (
            "Server certificate not trusted",
            "Server certificate not trusted",
            "",
            "tls",
        ),
        (
            "connect to 127.0.0.1[127.0.0.1]:10024: Connection refused",
            "connect to 127.0.0.1[127.0.0.1]:10024: Connection refused",
            "",
            "refused",
        ),
        ("connect to x[10.0.0.2]:25: No route to host", None, "", "unreachable"),
    ],
)
def test_what_postfix_says_is_worded_and_named(
    raw: str, shown: str | None, family: str, code: str
) -> None:
    [(text, _, found)] = top(raw)
    assert (text, found) == (shown or raw, family)
    assert kind(Reason(text, 1, family)) == f"queue.reason.{code}"
    assert f"queue.reason.{code}" in _reasons.FINDINGS


@given(st.text())
def test_no_text_raises_and_all_come_out_harmless(raw: str) -> None:
    one = words(raw)
    assert one.text.isprintable()
    assert one.shape.isprintable()
    kind(Reason(one.text, 1, one.family))


@pytest.mark.parametrize(
    "unit", ["a", "a.", "[", "a[", "<", "@", "1", " 1", "name=", "(in reply to "]
)
def test_no_text_takes_long(unit: str) -> None:
    began = time.process_time()
    for n in range(100):
        words(f"{n} host {unit * 5000}")
        words(f"host {unit * 5000} {n}")
    assert time.process_time() - began < 1.0


def test_groups_are_bounded_and_keep_the_frequent() -> None:
    groups = Groups(50)
    for n in range(1000):
        groups.add(f"odd {'x' * n}", 1)
        groups.add("usual", 1)
    assert groups.top()[0] == Reason("usual", 1000)
    assert len(groups._counts) <= 50
    assert groups._counts.keys() == groups._texts.keys()
