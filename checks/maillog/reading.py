"""Reads a host's logs from a time on, and follows them from where that ended."""

from __future__ import annotations

import asyncio
import re
import zlib
from asyncio import Task
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

from msgspec.structs import replace

from checks.hosts import Login, LoginError, Stream, TimedOut
from checks.log_line import Line
from checks.maillog.excerpt import KEPT, Excerpt, Gathering, harmless
from checks.server._log_answer import read
from checks.server._log_lines import stamps
from checks.server._log_look import mend
from checks.server._log_script import (
    FOLLOW,
    IDENTIFIERS,
    OWN_FILES,
    SEARCH,
    SYSLOG_FILES,
    TROUBLE,
)

PIECE = 1 << 20
"""Bytes that are taken apart at once, in a thread."""

MOST = 2 << 30
"""Bytes of lines that are taken from a host."""

FOLLOWED_FOR = 3600.0
"""Seconds that a log is followed at most: nothing of ours stays on a host for good."""

TICK = 5
"""Seconds between two signs of life, which tell the host that somebody is still there."""

LINE_LIMIT = 1 << 16
"""Bytes of a line that has not ended yet, while following."""

EVERYTHING = ("-F", "")

sounds_bad = re.compile(TROUBLE).search
"""Whether a line sounds like trouble, as grep finds it on the host."""


async def excerpt(
    login: Login,
    gathering: Gathering,
    since: datetime,
    *,
    files: Sequence[str] = (),
    is_all: bool,
    from_start: bool,
    deadline: float,
) -> Excerpt:
    """The lines since then that sound like trouble, or all of them.

    `gathering` shows how far it is. What came before an error is answered, the error as `trouble`.
    """
    words = [
        str(int(since.timestamp())),
        str(KEPT if from_start else MOST),
        "cat" if login.is_local else "gzip -1",
        " ".join(SYSLOG_FILES),
        " ".join((*OWN_FILES, *files)),
        " ".join(IDENTIFIERS),
        *(EVERYTHING if is_all else ("-E", TROUBLE)),
    ]
    argv = ["sh", "-c", SEARCH, "sh", *words]
    trouble = ""
    try:
        async with login.stream(argv, deadline=deadline) as stream:
            await _gather(stream, gathering, is_packed=not login.is_local)
    except (LoginError, zlib.error) as error:
        trouble = str(error)
    found = await asyncio.to_thread(gathering.excerpt)
    return replace(found, trouble=trouble or found.trouble, mend=mend(found.denied, login))


async def _gather(stream: Stream, gathering: Gathering, *, is_packed: bool) -> None:
    """Take pieces of whole lines, each in a thread while the next one comes."""
    busy: Task[None] | None = None
    try:
        async for piece in _pieces(stream, is_packed=is_packed):
            if busy is not None:
                await busy
            text = piece.decode("utf-8", "backslashreplace")
            busy = asyncio.create_task(asyncio.to_thread(gathering.take, text))
    finally:
        if busy is not None:  # whatever ended it: what has been gathered is read after this
            await asyncio.wait({busy})
    if busy is not None:
        await busy


async def _pieces(stream: Stream, *, is_packed: bool) -> AsyncIterator[bytes]:
    """Whole lines, about a PIECE at once; one that never ends is cut there."""
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
    rest, size = bytearray(), 0
    async for packed in stream.chunks():
        chunk = packed
        while chunk:
            rest += unpack.decompress(chunk, PIECE) if is_packed else chunk
            chunk = unpack.unconsumed_tail
            if len(rest) >= PIECE:
                end = rest.rfind(b"\n") + 1 or len(rest)
                yield bytes(rest[:end])
                size += end
                del rest[:end]
        if size > MOST:
            return
    yield bytes(rest)


async def follow(login: Login, found: Excerpt, take: Callable[[Sequence[Line]], None]) -> str:
    """Hand over what is added to the logs after `found`; why it ended. Cancel it to leave."""
    if found.now is None:
        return "there is nothing to follow"
    has_journal = "journal" in found.sources
    logs = ["journal", *(one.split(":", 2)[2] for one in found.growing)]
    words = [
        *(str(int(found.now.timestamp())), str(TICK), "1" * has_journal),
        *(" ".join(IDENTIFIERS), *found.growing),
    ]
    argv = ["sh", "-c", FOLLOW, "sh", *words]
    newest = min(found.lines[-1].at, found.now) if has_journal and found.lines else None
    try:
        async with login.stream(argv, deadline=FOLLOWED_FOR) as stream:
            async for lines in _lines(stream, logs, newest):
                take(lines)
            ended = await stream.ended()
    except TimedOut:
        return f"followed for {FOLLOWED_FOR / 3600:g} h: F goes on"
    except LoginError as error:
        return str(error)
    return f"the host ended it (exit status {ended.exit_status})"


async def _lines(
    stream: Stream, logs: Sequence[str], newest: datetime | None
) -> AsyncIterator[list[Line]]:
    """What each chunk brings; of the journal, what is newer than `newest`, since it repeats."""
    rest, marks = b"", {"zone": "", "now": ""}
    numbers = {str(number): log for number, log in enumerate(logs)}
    async for chunk in stream.chunks():
        *whole, rest = (rest + chunk).split(b"\n")
        rest = rest[:LINE_LIMIT]
        found = []
        for raw in whole:
            mark, _, text = raw.decode("utf-8", "backslashreplace").partition(" ")
            reader = stamps(marks["zone"], marks["now"])
            if mark in ("zone", "now"):
                marks[mark] = text
            elif reader is not None and mark in numbers:
                line = read(reader, numbers[mark], harmless(text))
                if line and (mark != "0" or newest is None or line.at > newest):
                    found.append(line)
        yield found
