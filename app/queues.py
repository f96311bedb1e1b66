"""The queues of a system on demand: in sum, message by message, and one message."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from checks import registry
from checks.model import Result, State, Target

if TYPE_CHECKING:
    from app.config import Config
    from checks.facts import Waiting
    from checks.queue._opened import Opened

KINDS = ("postfix", "exim", "counts")

DEADLINE = 60.0
"""Seconds that a listing gets: somebody waits for it, and can leave."""

MESSAGE_DEADLINE = 10.0


class Queue(Struct, frozen=True):
    """A queue that was read just now; of its messages a fair sample, if they were wanted."""

    target: Target
    mta: str
    result: Result
    rows: Sequence[Waiting] = ()


async def queues(config: Config, name: str = "", *, with_rows: bool = False) -> list[Queue]:
    """Those of that host, else of all; a host without that MTA has none of it."""
    asked = [
        _ask(kind, target, config, with_rows=with_rows)
        for kind in KINDS
        for target in _targets(kind, config)
        if name in ("", target.name)
    ]
    found = [one for one in await asyncio.gather(*asked) if not _is_absent(one)]
    hosts = [host.name for host in config.system.hosts]
    return sorted(found, key=lambda one: hosts.index(one.target.name))


async def message(config: Config, queue: Queue, queue_id: str) -> Opened:
    """One message of it."""
    check: Any = registry.load(queue.mta)
    options = config.options(queue.mta)
    opened: Opened = await check.message(queue.target, options, queue_id, deadline=MESSAGE_DEADLINE)
    return opened


async def body(config: Config, queue: Queue, queue_id: str) -> Opened:
    """The body of one message; who asks for it has that written down before."""
    check: Any = registry.load(queue.mta)
    options = config.options(queue.mta)
    opened: Opened = await check.body(queue.target, options, queue_id, deadline=MESSAGE_DEADLINE)
    return opened


def _targets(kind: str, config: Config) -> list[Target]:
    return registry.load(kind).targets(config.system)


async def _ask(kind: str, target: Target, config: Config, *, with_rows: bool) -> Queue:
    from checks.queue._listing import Sample

    check: Any = registry.load(kind)
    sample = Sample() if with_rows else None
    result: Result = await check.look(
        target, config.options(kind), deadline=DEADLINE, sample=sample
    )
    return Queue(target, kind, result, sample.rows if sample else ())


def _is_absent(queue: Queue) -> bool:
    """Whether it was found out that the host has no such MTA."""
    return queue.result.facts is None and queue.result.state == State.OK
