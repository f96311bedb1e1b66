"""What was begun, and whose end nobody has written: commands and notices, running or lost. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.incident.entry import Entry
from app.incident.kinds import CommandBegun, CommandEnded, Left, NoticeBegun, NoticeSent
from app.incident.operator import Operator

LATE = timedelta(seconds=30)
"""How long after its deadline an end may be written: opening the login comes on top."""


def lost(entries: Sequence[Entry], at: datetime) -> frozenset[str]:
    """The ids of beginnings without an end that nobody will end any more.

    Their session is gone, or their time long over.
    """
    return frozenset(
        entry.id
        for entry, begun in _unended(entries)
        if at > entry.at + timedelta(seconds=begun.deadline) + LATE
        or any(_has_left(entry.operator, later) for later in entries if later.n > entry.n)
    )


def left_behind(entries: Sequence[Entry], seat: str) -> str:
    """What the session that sat there ran when it was killed, as the end of a sentence."""
    return "".join(
        f"; unknown what became of {begun.what}"
        for entry, begun in _unended(entries)
        if entry.operator.tty and entry.operator.seat == seat
    )


def _unended(entries: Sequence[Entry]) -> list[tuple[Entry, CommandBegun | NoticeBegun]]:
    ended = {
        entry.data.begun for entry in entries if isinstance(entry.data, CommandEnded | NoticeSent)
    }
    return [
        (entry, entry.data)
        for entry in entries
        if isinstance(entry.data, CommandBegun | NoticeBegun) and entry.id not in ended
    ]


def _has_left(who: Operator, entry: Entry) -> bool:
    """Whether `entry` says that the session of `who` is over."""
    if not isinstance(entry.data, Left):
        return False
    return bool(who.tty) and who.seat == (entry.data.who or entry.operator.seat)
