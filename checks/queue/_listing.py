"""Has a host list its queue, and adds it up in a thread beside the loop while it comes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from msgspec import Struct

from checks.facts import Waiting
from checks.hosts import Login, LoginError, Output, Stream, TimedOut
from checks.queue._message import Message, Recipient
from checks.queue._tally import Tally
from checks.text import visible

BLOCK = 1 << 16
"""Bytes handed to the thread at once: they keep the interpreter's lock for about 1 ms."""

ROWS = 100_000
"""Messages kept where a list of them is wanted: 30 MB. Of more, a fair sample is kept."""

TEXT = 200
"""Characters kept of an address or a reason: what a list shows."""

SHARED = 10_000
"""Texts that are kept once for all messages that have them."""

# Not asyncio's own threads: one that hangs on a dead disk would hold up this as well. One for all
# hosts: several would only queue for the interpreter's lock, and the screen behind all of them.
_WORKER = ThreadPoolExecutor(1, "queue")

# postqueue writes each message by itself, and 100,000 ssh packets cost ten times what adding them
# up does: dd makes whole blocks of them. The status is postqueue's; XCU 2.9.2 has no other way to
# it than around the pipe. Here, `Stream.chunks` takes what has come in whole blocks anyhow.
IN_BLOCKS = f"""
exec 4>&1
status=$({{ {{ "$@" 4>&-; echo $? >&3; }} | dd ibs={BLOCK} obs={BLOCK} 2>/dev/null >&4; }} 3>&1)
exit "$status"
"""


class Reader(Protocol):
    """Makes messages of what an MTA prints."""

    unreadable: int

    def feed(self, chunk: bytes) -> list[Message]:
        """The messages that end in the next piece, wherever it was cut."""

    def end(self, *, is_cut: bool) -> list[Message]:
        """What is left, where nothing more comes; `is_cut` says that more was to come."""


class Listing(Struct, frozen=True):
    """The sums, how the command ended, and how many messages could not be read.

    `cut` says why the listing ended too early, or is empty.
    """

    tally: Tally
    output: Output
    unreadable: int = 0
    cut: str = ""


class Sample:
    """Keeps `ROWS` messages, of more a fair sample: each is as likely to be in it (Vitter's R)."""

    def __init__(self) -> None:
        self.rows: list[Waiting] = []
        self._seen = 0
        # Many messages share few senders and reasons.
        self._texts: dict[str, str] = {}

    def take(self, messages: list[Message]) -> None:
        """Keep what is to be kept of them."""
        for message in messages:
            self._seen += 1
            if len(self.rows) < ROWS:
                self.rows.append(self._row(message))
            elif (place := random.randrange(self._seen)) < ROWS:  # noqa: S311
                self.rows[place] = self._row(message)

    def _row(self, message: Message) -> Waiting:
        first = message.recipients[0] if message.recipients else Recipient()
        return Waiting(
            queue_id=visible(message.queue_id, 40),
            queue="frozen" if message.is_frozen else self._shared(message.queue_name),
            arrived=message.arrival_time,
            size=message.message_size,
            sender=self._shared(message.sender),
            recipient=visible(first.address, TEXT),
            others=max(0, len(message.recipients) - 1),
            reason=self._shared(first.delay_reason),
        )

    def _shared(self, text: str) -> str:
        if len(self._texts) > SHARED:
            self._texts.clear()
        found = self._texts.get(text)
        if found is None:
            found = self._texts[text] = visible(text, TEXT)
        return found


async def read(
    login: Login,
    argv: Sequence[str],
    reader: Reader,
    tally: Tally,
    *,
    deadline: float,
    sample: Sample | None = None,
) -> Listing:
    """Run `argv` there and add up what it lists.

    Raises LoginError where nothing came; what came before a deadline or a dropped line is kept.
    """

    def take(messages: list[Message]) -> None:
        tally.take(messages)
        if sample is not None:
            sample.take(messages)

    def feed(block: bytes) -> None:
        take(reader.feed(block))

    def end() -> None:
        take(reader.end(is_cut=bool(cut)))

    output, cut = Output(0, b""), ""
    loop = asyncio.get_running_loop()
    words = argv if login.is_local else ["sh", "-c", IN_BLOCKS, "sh", *argv]
    try:
        async with login.stream(words, deadline=deadline) as stream:
            async for block in _blocks(stream):
                await loop.run_in_executor(_WORKER, feed, block)
            output = await stream.end()
    except LoginError as error:
        is_late = isinstance(error, TimedOut)
        cut = f"{argv[0]} did not end in {deadline:g} s" if is_late else visible(str(error))
        if not tally.messages:
            raise type(error)(cut) from error
    await loop.run_in_executor(_WORKER, end)
    return Listing(tally, output, reader.unreadable, cut)


async def _blocks(stream: Stream) -> AsyncIterator[bytes]:
    block = bytearray()
    async for chunk in stream.chunks():
        block += chunk
        if len(block) >= BLOCK:
            yield bytes(block)
            block.clear()
    yield bytes(block)
