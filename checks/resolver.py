"""Names to addresses and records, with as few questions as will do.

Never through getaddrinfo: its few threads are all taken when a resolver is dead, and then
everything that needs a thread waits. The errors are those of `checks.dns_errors`.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from msgspec import Struct

from checks.dns_errors import (
    AliasLoop,
    BadName,
    DnsError,
    LookupFailed,
    NoRecords,
    NoSuchName,
)
from checks.etc_hosts import HostsFile, address_literal
from checks.lookup import Answer, NameServers
from checks.seen_records import SeenRecords
from checks.text import visible

__all__ = [
    "AliasLoop",
    "BadName",
    "DnsError",
    "LookupFailed",
    "NoRecords",
    "NoSuchName",
    "Resolver",
]

HOSTS_FILE = Path("/etc/hosts")

KEEP_LIMIT = 30.0
"""Longest that an address is kept, in seconds, so that a mended record is soon believed."""

NAMES_LIMIT = 1000
"""Names kept; past it all are forgotten."""

SECOND_FAMILY = 0.3
"""How long the other address family may lag behind the first, in seconds (RFC 8305 section 3)."""


class _Kept(Struct, frozen=True):
    addresses: tuple[str, ...]
    until: float


class _UnderWay(Struct, frozen=True):
    task: asyncio.Task[tuple[str, ...]]
    ends: float


class Resolver:
    """Asks one name server (`server`, an address), or those of this machine.

    The machine's ``/etc/hosts`` and search list count only where no server is set, as in every
    other program here. To be used from one event loop.
    """

    def __init__(self, server: str | None = None, *, port: int = 53) -> None:
        self.server = server
        self.port = port
        self._servers = NameServers(server, port)
        self._hosts = HostsFile(HOSTS_FILE)
        self.seen = SeenRecords()
        self._kept: dict[str, _Kept] = {}
        self._under_way: dict[str, _UnderWay] = {}

    @property
    def name(self) -> str:
        """Whom it asks, as words that can follow "resolver"."""
        return ", ".join(self.servers) or "of this machine"

    @property
    def servers(self) -> tuple[str, ...]:
        """The addresses of those whom it asks."""
        return tuple(self._servers.addresses)

    async def addresses(
        self, name: str, *, deadline: float, is_fresh: bool = False
    ) -> tuple[str, ...]:
        """The IPv4 and IPv6 addresses of `name`, IPv4 first; an address is its own answer.

        An answer is kept for as long as its TTL says, at most KEEP_LIMIT. `is_fresh` asks the name
        servers anyway, and not the hosts file, for who wants to know what the DNS says now.
        Raises DnsError, at the latest after `deadline` seconds.
        """
        literal = address_literal(name)
        if literal:
            return (literal,)
        kept = self._kept.get(name.lower())
        if kept and not is_fresh and kept.until > time.monotonic():
            return kept.addresses
        try:
            async with asyncio.timeout(deadline):
                known = () if is_fresh else await self.in_hosts_file(name)
                return known or await asyncio.shield(self._share(name, deadline))
        except TimeoutError as error:
            raise LookupFailed(f"resolver {self.name} does not answer") from error

    async def records(self, name: str, kind: str, *, deadline: float) -> tuple[str, ...]:
        """The records of type `kind` in their text form, e.g. ``"10 mail1.lab.test."`` for an MX.

        Always asks. Raises DnsError, at the latest after `deadline` seconds.
        """
        return (await self.answer(name, kind, deadline=deadline)).records

    async def answer(self, name: str, kind: str, *, deadline: float) -> Answer:
        """As `records`, with what else is known of them."""
        try:
            async with asyncio.timeout(deadline):
                answer = await self._servers.ask(name, kind, deadline=deadline)
        except TimeoutError as error:
            raise LookupFailed(f"resolver {self.name} does not answer") from error
        except DnsError as error:
            self.seen.answered(name, kind, error)
            raise
        self.seen.answered(name, kind, answer)
        return answer

    async def in_hosts_file(self, name: str) -> tuple[str, ...]:
        """The addresses of `name` in the machine's hosts file, where that counts."""
        return () if self.server else await self._hosts.addresses(name)

    def _share(self, name: str, deadline: float) -> asyncio.Task[tuple[str, ...]]:
        """The look-up of `name` that is under way, or a new one.

        One that has less than half of our time left would answer for a deadline that is not ours.
        """
        key, ends = name.lower(), time.monotonic() + deadline
        running = self._under_way.get(key)
        if running and not running.task.done() and running.ends > ends - deadline / 2:
            return running.task
        task = asyncio.create_task(self._both_families(name, deadline))
        mine = self._under_way[key] = _UnderWay(task, ends)

        def forget(task: asyncio.Task[tuple[str, ...]]) -> None:
            if self._under_way.get(key) is mine:
                del self._under_way[key]
            if not task.cancelled():
                task.exception()  # nobody may have waited for it

        task.add_done_callback(forget)
        return task

    async def _both_families(self, name: str, deadline: float) -> tuple[str, ...]:
        tasks = [asyncio.create_task(self._try(name, kind, deadline)) for kind in ("A", "AAAA")]
        try:
            done, lagging = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if lagging:
                is_enough = all(_is_enough(task.result()) for task in done)
                await asyncio.wait(lagging, timeout=SECOND_FAMILY if is_enough else None)
            return self._keep(name, [task.result() for task in tasks if task.done()])
        finally:
            for task in tasks:
                task.cancel()

    def _keep(self, name: str, outcomes: list[Answer | DnsError]) -> tuple[str, ...]:
        errors = [outcome for outcome in outcomes if isinstance(outcome, DnsError)]
        answers = [outcome for outcome in outcomes if not isinstance(outcome, DnsError)]
        if not answers:
            error = min(errors, key=_uncertainty)
            raise (
                NoRecords(f"{visible(name.rstrip('.'))} has no address")
                if _is_empty(error)
                else error
            )
        found = tuple(address for answer in answers for address in answer.records)
        ttl = min(answer.ttl for answer in answers)
        if len(self._kept) >= NAMES_LIMIT:
            self._kept.clear()
        self._kept[name.lower()] = _Kept(found, time.monotonic() + min(ttl, KEEP_LIMIT))
        return found

    async def _try(self, name: str, kind: str, deadline: float) -> Answer | DnsError:
        is_ours = self.server is None
        try:
            found: Answer | DnsError = await self._servers.ask(
                name, kind, deadline=deadline, search=is_ours
            )
        except DnsError as error:
            found = error
        self.seen.answered(name, kind, found)
        return found


def _is_enough(outcome: Answer | DnsError) -> bool:
    """Whether the other family could add only more addresses: NXDOMAIN holds for both."""
    return isinstance(outcome, Answer | NoSuchName)


def _is_empty(error: DnsError) -> bool:
    return isinstance(error, NoRecords) and not isinstance(error, AliasLoop)


def _uncertainty(error: DnsError) -> int:
    """Which failure counts: NXDOMAIN holds for both types, and silence may hide an answer."""
    return next(n for n, kind in enumerate(_CERTAINTY) if isinstance(error, kind))


_CERTAINTY = (NoSuchName, LookupFailed, DnsError)
