"""Has a host list its queue, and adds it up in a thread of its own while it comes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct

from checks.hosts import Login, LoginError, Output, Stream, TimedOut
from checks.queue._tally import Tally
from checks.text import visible

CLOCK_NOISE = 2.0
"""Seconds between two clocks that are not worth a correction: `date` tells whole seconds."""


BLOCK = 1 << 16
"""Bytes handed to the thread at once: they keep the interpreter's lock for about 1 ms."""

# postqueue writes each message by itself, and 100,000 reads (or ssh packets) cost ten times what
# adding them up does: dd makes whole blocks of them. The status is postqueue's; XCU 2.9.2 has no
# other way to it than around the pipe.
IN_BLOCKS = f"""
exec 4>&1
status=$({{ {{ "$@" 4>&-; echo $? >&3; }} | dd ibs={BLOCK} obs={BLOCK} 2>/dev/null >&4; }} 3>&1)
exit "$status"
"""


class Listing(Struct, frozen=True):
    """The sums, how the command ended, and how far the host's clock is ahead of ours.

    `cut` says why the listing ended too early, or is empty.
    """

    tally: Tally
    output: Output
    ahead: float = 0.0
    cut: str = ""


async def read(login: Login, argv: Sequence[str], *, deadline: float) -> Listing:
    """Run `argv` there and add up what it lists.

    Raises LoginError where nothing came; what came before a deadline or a dropped line is kept.
    """
    began = time.monotonic()
    ahead = 0.0 if login.is_local else await _clock_ahead(login, deadline)
    tally, output, cut = Tally(), Output(0, b""), ""
    # Not asyncio's own threads: one that hangs on a dead disk would hold up this as well.
    worker = ThreadPoolExecutor(1, "queue")
    loop = asyncio.get_running_loop()
    try:
        left = deadline - (time.monotonic() - began)
        try:
            in_blocks = ["sh", "-c", IN_BLOCKS, "sh", *argv]
            async with login.stream(in_blocks, deadline=left) as stream:
                async for block in _blocks(stream):
                    await loop.run_in_executor(worker, tally.feed, block)
                output = await stream.end()
        except LoginError as error:
            is_late = isinstance(error, TimedOut)
            cut = f"{argv[0]} did not end in {deadline:g} s" if is_late else visible(str(error))
            if not tally.messages:
                raise type(error)(cut) from error
        await loop.run_in_executor(worker, tally.end, bool(cut))
    finally:
        worker.shutdown(wait=False)
    return Listing(tally, output, ahead, cut)


async def _blocks(stream: Stream) -> AsyncIterator[bytes]:
    block = bytearray()
    async for chunk in stream.chunks():
        block += chunk
        if len(block) >= BLOCK:
            yield bytes(block)
            block.clear()
    yield bytes(block)


async def _clock_ahead(login: Login, deadline: float) -> float:
    """Seconds that the host's clock is ahead of ours: ages are by its clock."""
    before = time.time()
    output = await login.run(["date", "+%s"], deadline=deadline, limit=100)
    ours = (before + time.time()) / 2
    text = output.stdout.strip()
    if not text.isdigit() or len(text) > 12:
        return 0.0
    ahead = int(text) + 0.5 - ours
    return ahead if abs(ahead) > CLOCK_NOISE else 0.0
