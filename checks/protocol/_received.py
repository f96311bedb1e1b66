"""Received header fields (RFC 5321 4.4): who took a message, when, and how long each hop took.

Pure. Anybody on the way can have written them, so nothing in them is believed to be well formed.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from checks.facts import Hop
from checks.text import visible

HOPS_LIMIT = 50
"""Postfix gives a message up as looping after 50 (postconf(5), hopcount_limit)."""

_FIELD = re.compile(rb"^received:((?:[^\n]|\n[ \t])*)", re.IGNORECASE | re.MULTILINE)
_BY = re.compile(r"(?:^|\s)by\s+([^\s;()]+)", re.IGNORECASE)
_WITH = re.compile(r"\swith\s+([^\s;()]+)", re.IGNORECASE)


def hops(header: bytes) -> tuple[Hop, ...]:
    r"""The hops of a message, the first one first.

    >>> hops(b"Received: from a by mx (Postfix) with ESMTPS id 4X;\n"
    ...      b" Mon, 23 Nov 2026 03:10:53 +0000 (UTC)\n")[0].by
    'mx'
    """
    fields = _FIELD.findall(header.replace(b"\r\n", b"\n"))[:HOPS_LIMIT]
    found: list[Hop] = []
    before: datetime | None = None
    for field in reversed(fields):
        route, _, date = field.decode("utf-8", "replace").rpartition(";")
        at = _date(date)
        delay = (at - before).total_seconds() if at and before else None
        found.append(Hop(by=_word(_BY, route), protocol=_word(_WITH, route), at=at, delay=delay))
        before = at or before
    return tuple(found)


def _word(pattern: re.Pattern[str], route: str) -> str:
    match = pattern.search(route)
    return visible(match[1], 100) if match else ""


def _date(text: str) -> datetime | None:
    """The time in UTC; None for what is no date or does not say its zone."""
    try:
        at = parsedate_to_datetime(text.strip()[:100])
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
