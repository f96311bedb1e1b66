"""Finds the lines of a host's logs that name something: journal and files, old and packed too.

One command a host, with read rights only. Nothing older than asked for is read: the journal knows
its times, and in a large file the place is found by bisection (`checks.server._log_script.SEARCH`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from checks.hosts import Login, LoginError
from checks.log_line import Line
from checks.server._log_answer import Printed, read
from checks.server._log_lines import Stamps
from checks.server._log_script import IDENTIFIERS, OWN_FILES, SEARCH, SYSLOG_FILES
from checks.text import visible

LIMIT = 1 << 20
"""Bytes of hits that are taken from a host: 5,000 lines. More is said to be cut."""


class Hit(Struct, frozen=True):
    """A line of a host's log."""

    host: str
    line: Line


class Found(Struct, frozen=True, kw_only=True):
    """What a host's logs have; `trouble` says what could not be read, or was too much."""

    host: str
    hits: tuple[Hit, ...] = ()
    sources: tuple[str, ...] = ()
    trouble: str = ""


async def search(
    host: str, login: Login, terms: Sequence[str], since: datetime, *, deadline: float
) -> Found:
    """The lines since then that name one of `terms`."""
    words = [
        *(str(int(since.timestamp())), str(LIMIT), "cat"),
        " ".join(SYSLOG_FILES),
        " ".join(OWN_FILES),
        " ".join(IDENTIFIERS),
        *("-iF", *(word for term in terms for word in ("-e", term))),
    ]
    try:
        output = await login.run(["sh", "-c", SEARCH, "sh", *words], deadline=deadline, limit=LIMIT)
    except LoginError as error:
        return Found(host=host, trouble=visible(str(error)))
    text = output.stdout.decode("utf-8", "backslashreplace")
    return await asyncio.to_thread(parse, host, text, terms, is_cut=output.is_cut)


def parse(host: str, text: str, terms: Sequence[str], *, is_cut: bool = False) -> Found:
    """The script's answer. A term counts where it is a word of its own."""
    printed = Printed(text)
    reader = printed.stamps
    if reader is None:
        return Found(host=host, trouble="gave no answer about its logs")
    sources, denied = printed.all("source"), printed.all("denied")
    trouble = [f"may not read {one}" for one in denied]
    if is_cut or not printed.is_whole:
        trouble.append("more lines than were taken: ask for a shorter time")
    if not sources and not denied:
        trouble.append("no journal and no mail log there")
    return Found(
        host=host,
        hits=tuple(_hits(host, reader, printed.raws, terms)),
        sources=sources,
        trouble="; ".join(trouble),
    )


def _hits(
    host: str, reader: Stamps, raws: Sequence[tuple[str, str]], terms: Sequence[str]
) -> list[Hit]:
    named = re.compile(
        "|".join(rf"(?<![\w.-]){re.escape(term)}(?![\w-])" for term in terms), re.IGNORECASE
    )
    lines = (read(reader, source, raw) for source, raw in raws if named.search(raw))
    return [Hit(host, line) for line in lines if line is not None]
