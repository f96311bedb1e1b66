"""Reads a listing of ``postqueue -j`` while it comes, in constant memory.

One JSON object a line (postqueue(1), JSON OBJECT FORMAT)::

    {"queue_name": "deferred", "queue_id": "6800920C2DE", "arrival_time": 1795433950,
     "message_size": 325, "forced_expire": false, "sender": "ana@lab.test", "recipients":
     [{"address": "user@refused.example", "delay_reason": "connect to …: Connection refused"}]}
"""

from __future__ import annotations

import json
import re

import msgspec

from checks.queue._message import Message

LINE_LIMIT = 1 << 22
"""Longest line that is read whole, in bytes: 10,000 recipients with long reasons are 3 MB."""

_BAD_JSON = (ValueError, msgspec.MsgspecError, RecursionError)

_DECODER = msgspec.json.Decoder(Message)

_HEAD = re.compile(rb'^\{"queue_name": "([a-z]{1,20})".{1,100}"arrival_time": (\d{1,12})[,}]')


class Postqueue:
    """Makes messages of chunks, wherever they were cut. Implements `_listing.Reader`."""

    def __init__(self) -> None:
        self.unreadable = 0
        self._rest: list[bytes] = []
        self._rest_size = 0
        self._is_skipping = False

    def feed(self, chunk: bytes) -> list[Message]:
        """The messages that end in the next piece."""
        if self._is_skipping:
            _, newline, chunk = chunk.partition(b"\n")
            self._is_skipping = not newline
        messages: list[Message] = []
        lines, newline, rest = chunk.rpartition(b"\n")
        if newline:
            messages = self._block(b"".join((*self._rest, lines)))
            self._rest, self._rest_size = [], 0
        self._rest.append(rest)
        self._rest_size += len(rest)
        if self._rest_size > LINE_LIMIT:
            messages += self._head(b"".join(self._rest))
            self._rest, self._rest_size = [], 0
            self._is_skipping = True
        return messages

    def end(self, *, is_cut: bool) -> list[Message]:
        """What is left: the last line need not end, unless it was cut there."""
        rest, self._rest, self._rest_size = b"".join(self._rest), [], 0
        return [] if is_cut else self._block(rest)

    def _block(self, block: bytes) -> list[Message]:
        try:
            return _DECODER.decode_lines(block)
        except _BAD_JSON:
            return [one for line in block.split(b"\n") for one in self._line(line)]

    def _line(self, line: bytes) -> list[Message]:
        """A line of a block in which one is not as it should be."""
        if not line.strip():
            return []
        try:
            # Takes what msgspec refuses: lone surrogates, and bytes that are no UTF-8.
            loose = json.loads(line.decode("utf-8", "replace"))
            return [msgspec.convert(loose, Message)]
        except _BAD_JSON:
            return self._head(line)

    def _head(self, line: bytes) -> list[Message]:
        """A message whose line can't be read whole, by the line's beginning."""
        head = _HEAD.match(line[:200])
        if head is None:
            self.unreadable += 1
            return []
        return [Message(head[1].decode(), int(head[2]))]
