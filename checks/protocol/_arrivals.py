"""Looks for a trip's messages until they have come, and takes them out of the mailbox."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from msgspec import Struct, field

from checks.model import now
from checks.protocol._login import Login
from checks.protocol._mailbox import BODY_LIMIT, HEADER_LIMIT, Copy, Mailbox
from checks.protocol._testmail import made_at

LEFTOVER = timedelta(hours=2)
"""Age at which any test mail goes, whoever sent it: the run that sent it has ended long ago."""

POLL = 0.5
"""Seconds between two looks."""


class Arrival(Struct, frozen=True, kw_only=True):
    """A message that has come, and what it looked like."""

    token: str
    at: datetime
    folder: str
    header: bytes
    body: bytes

    @property
    def is_entire(self) -> bool:
        """Whether no more was sent than is looked at."""
        return len(self.header) < HEADER_LIMIT and len(self.body) < BODY_LIMIT


class Look(Struct):
    """What was found. `again` holds the tokens of which there was more than one copy.

    `returned` says of which its sender was told that they are given up, and why. `is_complete` says
    that all folders were looked into, so that what is not here has not come.
    """

    arrivals: list[Arrival] = field(default_factory=list)
    again: set[str] = field(default_factory=set)
    returned: dict[str, str] = field(default_factory=dict)
    is_complete: bool = False

    @property
    def tokens(self) -> set[str]:
        """Of the messages that have come."""
        return {arrival.token for arrival in self.arrivals}


class Wanted(Struct, frozen=True, kw_only=True):
    """The messages to look for.

    The `awaited` ones are waited for, up to `until` of the loop's clock; `seen` ones came before.
    """

    awaited: frozenset[str]
    late: frozenset[str]
    seen: Collection[str]
    until: float


async def look_for(wanted: Wanted, mailbox: Mailbox, look: Look, login: Login) -> None:
    """Log in and look. Raises what `Mailbox` does."""
    clock = asyncio.get_running_loop().time
    await mailbox.open(login)
    folders = ["INBOX", *await mailbox.junk_folders()]
    while True:
        for folder in folders:
            await _look_into(folder, wanted, mailbox, look)
        look.is_complete = True
        if wanted.awaited <= look.tokens or clock() + POLL > wanted.until:
            return
        await asyncio.sleep(POLL)


async def _look_into(folder: str, wanted: Wanted, mailbox: Mailbox, look: Look) -> None:
    copies = await mailbox.find(folder)
    counted = Counter(copy.token for copy in copies)
    ours = wanted.awaited | wanted.late
    for copy in _first_of_each(copies):
        if copy.token in look.tokens or copy.token in wanted.seen:
            look.again.add(copy.token)
        elif copy.token in ours:
            header, body = await mailbox.fetch(copy)
            look.arrivals.append(
                Arrival(token=copy.token, at=now(), folder=folder, header=header, body=body)
            )
            if counted[copy.token] > 1:
                look.again.add(copy.token)
    known = ours | {*wanted.seen}
    over = [copy for copy in copies if copy.token in known or is_leftover(copy)]
    if over:
        await mailbox.remove(over)


def _first_of_each(copies: Sequence[Copy]) -> list[Copy]:
    return list({copy.token: copy for copy in reversed(copies)}.values())


def is_leftover(copy: Copy) -> bool:
    """Whether no run can still be waiting for it."""
    return now() - made_at(copy.token) > LEFTOVER
