"""Follows a queue id, message id or address from host to host until nothing new is named."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from checks.model import Host
from checks.trace.search import Found, search
from checks.trace.steps import Step, step

MESSAGES = 20
"""Messages of an address that are followed, the latest ones."""

NAMES = 60
"""Names asked for at once, which ends it: a message to hundreds of recipients has as many replies.

Each round asks for all names known so far, so that the last one has every line in its order."""


class Way(Struct, frozen=True):
    """One message: its steps in the order of time, and the names that it has."""

    steps: tuple[Step, ...]

    @property
    def message_id(self) -> str:
        """The message's own id, where one was logged."""
        return next((one.message_id for one in self.steps if one.message_id), "")


class Traced(Struct, frozen=True, kw_only=True):
    """The messages that were found, the latest last, and what the hosts said of their logs."""

    ways: tuple[Way, ...]
    found: tuple[Found, ...]


async def follow(hosts: Sequence[Host], term: str, since: datetime, *, deadline: float) -> Traced:
    """Ask the logs of `hosts` (those that let us in) for what `term` names, and what that names."""
    names = [term.strip("<>")]
    while True:
        found = await _ask(hosts, names, since, deadline)
        steps = await asyncio.to_thread(_steps, found)
        more = [name for name in _names(steps, term) if name not in names]
        if not more or len(names) >= NAMES:
            return Traced(ways=tuple(ways(steps, term)), found=tuple(found))
        names += more[: NAMES - len(names)]


def _steps(found: Iterable[Found]) -> list[Step]:
    return [step(hit) for one in found for hit in one.hits]


async def _ask(
    hosts: Sequence[Host], names: Sequence[str], since: datetime, deadline: float
) -> list[Found]:
    return await asyncio.gather(
        *(
            search(host.name, host.login, names, since, deadline=deadline)
            for host in hosts
            if host.login is not None
        )
    )


def _names(steps: Iterable[Step], term: str) -> list[str]:
    """What else a message goes by; of an address, the latest messages'."""
    ordered = sorted(steps, key=lambda one: one.at)
    names = dict.fromkeys(
        name for one in ordered for name in (one.queue_id, one.next_id, one.message_id) if name
    )
    return list(names)[-MESSAGES:] if "@" in term and len(names) > NAMES else list(names)


def ways(steps: Iterable[Step], term: str) -> list[Way]:
    """The steps put together by message: those that share a queue id or a message id.

    A queue id may be used again, by another host or later: a message id of its own tells it apart.
    """
    ordered = sorted(steps, key=lambda one: one.at)
    own = {(one.host, one.queue_id): one.message_id for one in ordered if one.message_id}
    groups: dict[str, list[Step]] = {}
    for one in ordered:
        message = one.message_id or own.get((one.host, one.queue_id), "")
        groups.setdefault(message or f"{one.host} {one.queue_id}", []).append(one)
    named = term.strip("<>").lower()
    return [Way(tuple(group)) for group in groups.values() if _is_meant(group, named)]


def _is_meant(group: Sequence[Step], term: str) -> bool:
    """Whether the term names this message, and not one that only stands beside it in a line."""
    return any(
        term in name.lower()
        for one in group
        for name in (one.queue_id, one.next_id, one.message_id, one.sender, one.recipient)
        if name
    )
