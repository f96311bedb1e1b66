"""Cool-down: the same command on the same host, again within a minute. Pure.

mailcow's watchdog restarts nothing that has run for less than 360 s; a person who restarts twice
within a minute has more likely pressed a key too often, or does what another has just done.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from app.incident.entry import Entry, harmless
from app.incident.kinds import CommandBegun
from checks.text import redact
from checks.when import span

COOL_DOWN = 60.0
"""Seconds."""


class Repeated(Struct, frozen=True):
    """The same command began so many seconds ago, by whom."""

    ago: float
    who: str

    def __str__(self) -> str:
        return f"the same began {span(self.ago)} ago, by {self.who}"


def just_begun(
    entries: Sequence[Entry], host: str, argv: Sequence[str], at: datetime
) -> Repeated | None:
    """The same command there, if it began within `COOL_DOWN`; by whomever."""
    words = tuple(redact(harmless(word)) for word in argv)  # as the log has them
    for entry in reversed(entries):
        ago = (at - entry.at).total_seconds()
        if ago > COOL_DOWN:
            return None
        data = entry.data
        if isinstance(data, CommandBegun) and (data.host, data.argv) == (host, words):
            return Repeated(ago, entry.who)
    return None
