"""Adds up a listing of ``postqueue -j`` while it comes, in constant memory.

One JSON object a line (postqueue(1), JSON OBJECT FORMAT)::

    {"queue_name": "deferred", "queue_id": "6800920C2DE", "arrival_time": 1795433950,
     "message_size": 325, "forced_expire": false, "sender": "ana@lab.test", "recipients":
     [{"address": "user@refused.example", "delay_reason": "connect to …: Connection refused"}]}
"""

from __future__ import annotations

import json
import re
from collections import Counter

import msgspec
from msgspec import Struct

from checks.facts import Reason
from checks.queue._reasons import REASON_LIMIT, SHOWN, SOMEBODY, Groups
from checks.text import visible

LINE_LIMIT = 1 << 22
"""Longest line that is read whole, in bytes: 10,000 recipients with long reasons are 3 MB."""

KINDS_LIMIT = 2000
"""Different senders, domains or reasons that are counted. Beyond, the rarer half is forgotten:
what is frequent in a queue of any size stays, and its count may miss a few early ones."""

NAME_LIMIT = 256
"""Longest mail address (RFC 5321, 4.5.3.1.3)."""

QUEUES = ("maildrop", "incoming", "active", "deferred", "hold")
ELSEWHERE = "elsewhere"
"""Where a message is counted whose queue is none of those, such as ``corrupt``."""

HELD = "hold"


class _Recipient(Struct, gc=False):
    address: str = ""
    delay_reason: str = ""


class _Message(Struct, gc=False):
    queue_name: str
    arrival_time: int
    sender: str = ""
    recipients: list[_Recipient] = []


_BAD_JSON = (ValueError, msgspec.MsgspecError, RecursionError)

_DECODER = msgspec.json.Decoder(_Message)

_HEAD = re.compile(rb'^\{"queue_name": "([a-z]{1,20})".{1,100}"arrival_time": (\d{1,12})[,}]')


class Tally:
    """The sums so far: feed it chunks as they come, then call `end`."""

    def __init__(self) -> None:
        self.queues: Counter[str] = Counter()
        self.unreadable = 0
        self.oldest: int | None = None
        self._senders: Counter[str] = Counter()
        self._domains: Counter[str] = Counter()
        self._reasons = Groups(KINDS_LIMIT)
        self._rest: list[bytes] = []
        self._rest_size = 0
        self._is_skipping = False

    @property
    def messages(self) -> int:
        """Messages counted."""
        return self.queues.total()

    def feed(self, chunk: bytes) -> None:
        """Take the next piece, wherever it was cut."""
        if self._is_skipping:
            _, newline, chunk = chunk.partition(b"\n")
            self._is_skipping = not newline
        lines, newline, rest = chunk.rpartition(b"\n")
        if newline:
            self._take_block(b"".join((*self._rest, lines)))
            self._rest, self._rest_size = [], 0
        self._rest.append(rest)
        self._rest_size += len(rest)
        if self._rest_size > LINE_LIMIT:
            self._take_head(b"".join(self._rest))
            self._rest, self._rest_size = [], 0
            self._is_skipping = True

    def end(self, is_cut: bool = False) -> None:
        """Take what is left: the last line need not end, unless it was cut there."""
        if not is_cut:
            self._take_block(b"".join(self._rest))
        self._rest, self._rest_size = [], 0

    def _take_block(self, block: bytes) -> None:
        try:
            messages = _DECODER.decode_lines(block)
        except _BAD_JSON:
            for line in block.split(b"\n"):
                self._take_line(line)
        else:
            self._take(messages)

    def _take_line(self, line: bytes) -> None:
        """A line of a block in which one is not as it should be."""
        if not line.strip():
            return
        try:
            # Takes what msgspec refuses: lone surrogates, and bytes that are no UTF-8.
            loose = json.loads(line.decode("utf-8", "replace"))
            message = msgspec.convert(loose, _Message)
        except _BAD_JSON:
            self._take_head(line)
        else:
            self._take([message])

    def _take_head(self, line: bytes) -> None:
        """Count a message whose line can't be read whole, by the line's beginning."""
        head = _HEAD.match(line[:200])
        if head is None:
            self.unreadable += 1
        else:
            self._take([_Message(head[1].decode(), int(head[2]))])

    def _take(self, messages: list[_Message]) -> None:
        names = [message.queue_name for message in messages]
        self.queues.update([name if name in QUEUES else ELSEWHERE for name in names])
        self._senders.update([message.sender[:NAME_LIMIT] for message in messages])
        deliverable = [message for message in messages if message.queue_name != HELD]
        arrivals = [one.arrival_time for one in deliverable if one.arrival_time > 0]
        if arrivals:
            oldest = min(arrivals)
            self.oldest = oldest if self.oldest is None else min(self.oldest, oldest)
        recipients = [one for message in deliverable for one in message.recipients]
        self._domains.update(
            [one.address[:NAME_LIMIT].rpartition("@")[2].lower() for one in recipients]
        )
        # Far servers name the recipient in their reply, which would make each reason another one.
        reasons = Counter(
            [
                one.delay_reason[:REASON_LIMIT].replace(f"<{one.address}>", SOMEBODY)
                for one in recipients
                if one.delay_reason
            ]
        )
        for reason, count in reasons.items():
            self._reasons.add(reason, count)
        _forget_rare(self._senders)
        _forget_rare(self._domains)

    def reasons(self) -> tuple[Reason, ...]:
        """Why deliverable mail waits, by recipients."""
        return self._reasons.top()

    def domains(self) -> tuple[Reason, ...]:
        """Where it goes, by recipients."""
        return _top(self._domains)

    def senders(self) -> tuple[Reason, ...]:
        """Whose mail is in the queue, held or not, by messages."""
        return _top(self._senders)


def _top(counter: Counter[str]) -> tuple[Reason, ...]:
    return tuple(Reason(visible(text), count) for text, count in counter.most_common(SHOWN) if text)


def _forget_rare(counter: Counter[str]) -> None:
    if len(counter) > KINDS_LIMIT:
        kept = dict(counter.most_common(KINDS_LIMIT // 2))
        counter.clear()
        counter.update(kept)
