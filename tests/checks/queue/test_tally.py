from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from checks.facts import AGES
from checks.queue import _postqueue
from checks.queue._message import Message
from checks.queue._postqueue import Postqueue
from checks.queue._tally import Tally

# As Postfix 3.7.11 printed them.
LISTING = b"""\
{"queue_name": "deferred", "queue_id": "6800920C2DE", "arrival_time": 1795433950, "message_size": 325, "forced_expire": false, "sender": "ana@lab.test", "recipients": [{"address": "user@refused.example", "delay_reason": "connect to 127.248.45.233[127.248.45.233]:1: Connection refused"}]}
{"queue_name": "active", "queue_id": "E7DC620F5CC", "arrival_time": 1795434566, "message_size": 317, "forced_expire": false, "sender": "MAILER-DAEMON", "recipients": [{"address": "Bob@Ext.test"}]}
{"queue_name": "hold", "queue_id": "1904C20F5E4", "arrival_time": 1795430000, "message_size": 327, "forced_expire": false, "sender": "\\"weird <x>\\\\\\"y\\"@lab.test", "recipients": [{"address": "a@slow.test", "delay_reason": "connect to 127.6.71.99[127.6.71.99]:1: Connection refused"}]}
{"queue_name": "deferred", "queue_id": "24D6F20F5E8", "arrival_time": 1795434567, "message_size": 281, "forced_expire": false, "sender": "a@b.test", "recipients": [{"address": "u0@ext.test", "delay_reason": "host mx.ext.test[127.6.71.99] said: 450 4.7.1 <u0@ext.test>: Recipient address rejected: Greylisted (in reply to RCPT TO command)"}, {"address": "u1@ext.test", "delay_reason": "host mx.ext.test[127.6.71.99] said: 450 4.7.1 <u1@ext.test>: Recipient address rejected: Greylisted (in reply to RCPT TO command)"}]}
"""  # noqa: E501 - a line is a message

HEAD = '{"queue_name": "deferred", "queue_id": "6800920C2DE", "arrival_time": 1795433950, '


class Read:
    """A listing, read and added up."""

    def __init__(self) -> None:
        self.reader, self.tally = Postqueue(), Tally()

    def feed(self, chunk: bytes) -> None:
        self.tally.take(self.reader.feed(chunk))

    def end(self, *, is_cut: bool = False) -> None:
        self.tally.take(self.reader.end(is_cut=is_cut))

    @property
    def unreadable(self) -> int:
        return self.reader.unreadable

    def __getattr__(self, name: str) -> Any:
        return getattr(self.tally, name)


def tally(*chunks: bytes) -> Read:
    total = Read()
    for chunk in chunks:
        total.feed(chunk)
    total.end()
    return total


def line(sender: str = "ana@lab.test", reason: str = "no", **fields: object) -> bytes:
    message = {
        "queue_name": "deferred",
        "queue_id": "6800920C2DE",
        "arrival_time": 1795433950,
        "sender": sender,
        "recipients": [{"address": "bob@ext.test", "delay_reason": reason}],
    }
    return json.dumps(message | fields).encode() + b"\n"


def sums(total: Read) -> object:
    return (
        total.queues,
        total.oldest,
        total.unreadable,
        total.reasons(),
        total.domains(),
        total.senders(),
    )


def test_a_listing_is_added_up() -> None:
    total = tally(LISTING)
    assert total.queues == {"deferred": 2, "active": 1, "hold": 1}
    assert total.oldest == 1795433950, "mail on hold is older, and does not count"
    assert [(one.text, one.count, one.family) for one in total.reasons()] == [
        ("Recipient address rejected: Greylisted (mx.ext.test)", 2, "4.7.1"),
        ("connect to 127.248.45.233[127.248.45.233]:1: Connection refused", 1, ""),
    ]
    assert [(one.text, one.count) for one in total.domains()] == [
        ("ext.test", 3),
        ("refused.example", 1),
    ]
    assert ("MAILER-DAEMON", 1) in [(one.text, one.count) for one in total.senders()]
    assert total.unreadable == 0


@given(st.lists(st.integers(0, len(LISTING)), max_size=8))
def test_it_does_not_matter_where_the_pieces_are_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(LISTING)]
    pieces = [LISTING[start:end] for start, end in pairwise(edges)]
    assert sums(tally(*pieces)) == sums(tally(LISTING))


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_no_bytes_raise(chunks: list[bytes]) -> None:
    tally(*chunks)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"queue_name": st.text() | json_values, "arrival_time": st.integers() | json_values},
            optional={
                "sender": st.text() | json_values,
                "recipients": st.lists(
                    st.dictionaries(st.sampled_from(["address", "delay_reason"]), st.text())
                )
                | json_values,
            },
        ),
        max_size=5,
    )
)
def test_no_json_raises_and_every_line_is_counted_or_told(messages: list[object]) -> None:
    lines = b"".join(json.dumps(message).encode() + b"\n" for message in messages)
    total = tally(lines)
    assert total.messages + total.unreadable == len(messages)
    for reason in (*total.reasons(), *total.senders(), *total.domains()):
        assert reason.text.isprintable()


def test_hostile_senders_and_reasons_are_made_harmless() -> None:
    total = tally(line("\x1b]0;pwned\x07@x", "\x1b[2J \u202e [@click=app.quit]x[/] \ud800"))
    shown = [one.text for one in (*total.senders(), *total.reasons())]
    assert shown == ["^[]0;pwned^G@x", "^[[2J # [@click=app.quit]x[/] #"]
    assert total.unreadable == 0, "a lone surrogate is read, though msgspec refuses it"


def test_one_bad_line_costs_no_other() -> None:
    total = tally(line() + b"postqueue: warning: what\n" + line() + b"[" * 100_000 + b"\n" + line())
    assert total.messages == 3
    assert total.unreadable == 2


def test_bytes_that_are_no_utf8_are_read() -> None:
    total = tally(line("caf?@lab.test").replace(b"?", b"\xe9"))
    assert (total.messages, total.unreadable) == (1, 0)


def test_a_message_of_which_only_the_beginning_is_there_is_still_counted() -> None:
    total = tally(HEAD.encode() + b'"sender": ')
    assert total.queues == {"deferred": 1}
    assert total.oldest == 1795433950


def test_what_was_cut_off_is_dropped() -> None:
    total = Read()
    total.feed(line() + HEAD.encode())
    total.end(is_cut=True)
    assert total.messages == 1


def test_ten_thousand_recipients_are_one_message() -> None:
    recipients = [
        {"address": f"u{n}@ext.test", "delay_reason": f"<u{n}@ext.test>: later"}
        for n in range(10_000)
    ]
    total = tally(line(recipients=recipients))
    assert total.messages == 1
    assert [(one.text, one.count) for one in total.reasons()] == [("<…> later", 10_000)]


def test_a_line_of_10_mb_is_counted_by_its_beginning_and_the_next_is_read() -> None:
    long = HEAD.encode() + b'"sender": "' + b"a" * 10_000_000 + b'"}\n'
    everything = long + line()
    chunks = [everything[at : at + 65536] for at in range(0, len(everything), 65536)]
    total = Read()
    for chunk in chunks:
        total.feed(chunk)
        assert total.reader._rest_size <= _postqueue.LINE_LIMIT
    total.end()
    assert total.queues == {"deferred": 2}
    assert [one.text for one in total.senders()] == ["ana@lab.test"]


def test_times_that_make_no_sense_are_not_the_oldest() -> None:
    total = tally(line(arrival_time=-5) + line(arrival_time=0) + line(arrival_time=1795433950))
    assert total.messages == 3
    assert total.oldest == 1795433950


def test_a_queue_of_an_unknown_name_is_counted_elsewhere() -> None:
    total = tally(line(queue_name="corrupt"), *(line(queue_name=str(n)) for n in range(50)))
    assert total.queues == {"elsewhere": 51}


def test_what_is_frequent_is_found_among_ever_new_ones() -> None:
    total = Read()
    for n in range(20_000):
        total.feed(line("spam@lab.test" if n % 20 == 0 else f"{n}@lab.test", f"odd {n:x}{'g' * 9}"))
    total.end()
    first = total.senders()[0]
    assert first.text == "spam@lab.test"
    assert 900 <= first.count <= 1000


GROWTH = """
import json, re
from pathlib import Path
from typing import Any
from checks.queue._postqueue import Postqueue
from checks.queue._tally import Tally
def peak():  # getrusage would answer the parent's
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
total, reader, start = Tally(), Postqueue(), 0
for n in range(200_000):
    if n == 1000:
        start = peak()
    reason = {"address": f"u{n}@d{n}.test", "delay_reason": f"host m{n}[1.2.3.4] said: 450 x{n}y"}
    head = b'{"queue_name": "deferred", "queue_id": "A", "arrival_time": 1795433950, '
    messages = reader.feed(head +
        b'"sender": "s%d@lab.test", "recipients": [%b]}\\n' % (n, json.dumps(reason).encode()))
    total.take(messages)
print(total.messages, peak() - start)
"""


def test_200_000_messages_that_share_nothing_take_no_more_memory_than_1_000() -> None:
    root = Path(__file__).parents[3]
    run = subprocess.run([sys.executable, "-c", GROWTH], capture_output=True, check=True, cwd=root)
    messages, kilobytes = map(int, run.stdout.split())
    assert messages == 200_000
    assert kilobytes < 5 * 1024


@given(st.lists(st.integers(0, 200_000), max_size=60), st.integers(1, 200_000))
def test_ages_are_those_of_qshape_and_all_are_counted(ages: list[int], since: int) -> None:
    at = 1_795_433_950
    total = Tally(at, at - since)
    total.take([Message("deferred", at - age) for age in ages])
    total.take([Message("hold", at - 10_000)])
    minutes = [0, *AGES, 10**9]
    assert total.ages == tuple(
        sum(low * 60 <= age < high * 60 for age in ages) for low, high in pairwise(minutes)
    )
    assert total.arrived == sum(age < since for age in ages)
