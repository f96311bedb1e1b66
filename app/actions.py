"""The one door through which everything is done: written down, done, and what came of it written.

An action is a value. What only has to be written (a tick, a note, a role) is a `Record`; what does
something (a command, a notice, a fix) brings an `act`, and is not begun where the log can't be
written: nobody would know of it.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from msgspec import Struct

from app.incident.entry import Entry
from app.incident.error import LogError
from app.incident.kinds import Data
from app.incident.log import IncidentLog


class Record(Struct, frozen=True):
    """Something that is done by writing it down."""

    data: Data
    text: str = ""
    evidence: tuple[str, ...] = ()


class Deed(Protocol):
    """Something that is done to the world: written down before, and after."""

    @property
    def begun(self) -> Data:
        """What is written before it begins."""

    async def act(self, begun: Entry) -> Data:
        """Do it; what came of it. Answers for every failure, also when it is cancelled."""


async def perform(action: Record | Deed, log: IncidentLog) -> Entry:
    """Do `action`; the entry that tells what came of it.

    Raises LogError where a deed could not be written down before, and then nothing was done.
    """
    if isinstance(action, Record):
        return await asyncio.to_thread(log.append, action.data, action.text, action.evidence)
    begun = await asyncio.to_thread(log.append, action.begun)
    if not begun.is_written:
        raise LogError(f"not begun, because it can't be written down: {log.trouble}")
    ended = await action.act(begun)
    return await asyncio.to_thread(log.append, ended)
