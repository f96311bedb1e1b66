"""A domain's own name servers: who they are, and what each says of the domain (RFC 1034 4.2)."""

from __future__ import annotations

import asyncio

from msgspec import Struct

from checks.dns_errors import DnsError, LookupFailed, NoRecords
from checks.network._asking import Asking
from checks.resolver import Resolver

SERVERS_LIMIT = 8
"""Name servers asked: more than any domain needs."""

PATIENCE = 3.0
"""Seconds for one of them."""

PARENTS_LIMIT = 3
"""Labels that are taken off a domain until it is a zone: ``a.b.example.org`` of ``example.org``."""


class View(Struct, frozen=True):
    """What one server says: records, none where there are none, or why nothing is known."""

    server: str
    records: tuple[str, ...] = ()
    failure: str = ""

    def __str__(self) -> str:
        return f"{self.server}: {self.failure or ', '.join(self.records) or 'no record'}"


async def view(domain: str, kind: str, asking: Asking) -> View:
    """What the resolver says."""
    try:
        records = await asking.records(f"{domain}.", kind)
    except LookupFailed as error:
        return View(asking.name, failure=str(error))
    except DnsError:
        return View(asking.name)
    return View(asking.name, _sorted(records))


async def views(domain: str, kind: str, asking: Asking) -> list[View]:
    """What each of the domain's own servers says. Raises DnsError where they aren't known."""
    names = await _servers(domain, asking)
    return list(await asyncio.gather(*(_view_of(name, domain, kind, asking) for name in names)))


async def _servers(domain: str, asking: Asking) -> list[str]:
    zone = domain
    for _ in range(PARENTS_LIMIT):
        try:
            found = await asking.records(f"{zone}.", "NS")
            return sorted(name.rstrip(".") for name in found)[:SERVERS_LIMIT]
        except NoRecords:
            zone = zone.partition(".")[2]
            if "." not in zone:
                break
    return []


async def _view_of(name: str, domain: str, kind: str, asking: Asking) -> View:
    try:
        addresses = await asking.addresses(f"{name}.")
    except DnsError as error:
        return View(name, failure=str(error))
    server = Resolver(addresses[0])
    try:
        answer = await server.answer(f"{domain}.", kind, deadline=min(PATIENCE, asking.left))
    except LookupFailed as error:
        return View(name, failure=str(error).replace("resolver ", "", 1))
    except DnsError:
        return View(name)
    if not answer.is_authoritative:
        return View(name, failure=f"{addresses[0]} does not hold the domain (lame)")
    return View(name, _sorted(answer.records))


def _sorted(records: tuple[str, ...]) -> tuple[str, ...]:
    """So that equal sets of records are equal: neither order nor case counts (RFC 4343)."""
    return tuple(sorted(map(str.lower, records)))
