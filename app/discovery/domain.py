"""Finds a domain's mail system from its name alone: MX, SRV records, usual names and ports.

RFC 5321 section 5.1 (MX), RFC 6186 section 3, RFC 8314 section 5.1 and RFC 5804 section 1.8 (SRV).
What the DNS promises counts even when it does not answer, because that is the outage. What is only
guessed (usual names, usual ports) counts when it answers.
"""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from app.config import rules
from app.discovery.found import Found, merged, parse_mx, parse_srv, without_echoes
from app.discovery.short_names import short_names
from checks import connect
from checks.dns_errors import DnsError, LookupFailed, NoRecords, NoSuchName
from checks.etc_hosts import address_literal
from checks.model import SERVICE_PORTS, Host, System, Target
from checks.resolver import Resolver

SRV = {
    "_submission._tcp": "submission",
    "_submissions._tcp": "smtps",
    "_imap._tcp": "imap",
    "_imaps._tcp": "imaps",
    "_pop3._tcp": "pop3",
    "_pop3s._tcp": "pop3s",
    "_sieve._tcp": "sieve",
}
"""Labels of SRV records, and our words for the services."""

USUAL_NAMES = ("mail", "smtp", "imap", "pop")

HOSTS_LIMIT = 10
"""Promised hosts that are kept: nine ports each are 90 connections at once."""

CONNECT_DEADLINE = 2.0
"""Longest wait for a port, in seconds: a SYN that is lost is sent again after one."""


class DiscoveryError(Exception):
    """Nothing was found; why, in one line."""


async def discover(domain: str, resolver: Resolver, *, deadline: float) -> System:
    """The mail system of `domain`, in at most `deadline` seconds. Raises DiscoveryError."""
    domain = domain.strip().lower().rstrip(".")
    try:
        rules.domains([domain])
    except ValueError as error:
        raise DiscoveryError(str(error)) from error
    asking = Asking(resolver, deadline / 4)
    promised = await _promised(domain, asking)
    guesses = [Found(domain), *(Found(f"{name}.{domain}") for name in USUAL_NAMES)]
    resolved = await asyncio.gather(*map(asking.resolve, (*promised, *guesses)))
    hosts = without_echoes(resolved, promised=len(promised))
    probed = await asyncio.gather(*(_probe(one, resolver, deadline / 4) for one in hosts))
    found = [one for one in probed if one.is_mail]
    if not found and asking.failure:
        raise DiscoveryError(f"{domain} could not be looked up: {asking.failure}")
    if not found:
        raise DiscoveryError(f"{domain}: no MX, no SRV record, and no mail port answers")
    names = short_names([one.name for one in found])
    hosts_found = tuple(
        Host(name=names[one.name], address=one.name, services=one.services) for one in found
    )
    return System(name=domain, resolver=resolver, domains=(domain,), hosts=hosts_found)


class Asking:
    """A resolver, with a deadline for each question; `failure` is the first that it had."""

    def __init__(self, resolver: Resolver, deadline: float) -> None:
        self._resolver = resolver
        self._deadline = deadline
        self.failure = ""

    async def records(self, name: str, kind: str) -> tuple[str, ...]:
        """The records; none where there are none, or where nothing could be learnt.

        Raises NoSuchName.
        """
        try:
            return await self._resolver.records(name, kind, deadline=self._deadline)
        except NoRecords:
            return ()
        except LookupFailed as error:
            self.failure = self.failure or str(error)
            return ()

    async def resolve(self, one: Found) -> Found:
        """`one` with its addresses; the dot keeps this machine's search list away."""
        name = one.name if address_literal(one.name) else f"{one.name}."
        try:
            return replace(
                one, addresses=await self._resolver.addresses(name, deadline=self._deadline)
            )
        except LookupFailed as error:
            self.failure = self.failure or str(error)
        except DnsError:
            pass
        return one


async def _promised(domain: str, asking: Asking) -> list[Found]:
    """The hosts that MX and SRV records name, at most HOSTS_LIMIT."""
    try:
        found = parse_mx(await asking.records(domain, "MX"))
    except NoSuchName as error:
        raise DiscoveryError(str(error)) from error
    if asking.failure:
        raise DiscoveryError(f"{domain} could not be looked up: {asking.failure}")
    answers = await asyncio.gather(*(_srv(f"{label}.{domain}", asking) for label in SRV))
    for service, records in zip(SRV.values(), answers, strict=True):
        for record in records:
            found += parse_srv(record, service)
    return merged(found)[:HOSTS_LIMIT]


async def _srv(name: str, asking: Asking) -> tuple[str, ...]:
    try:
        return await asking.records(name, "SRV")
    except NoSuchName:
        return ()


async def _probe(one: Found, resolver: Resolver, deadline: float) -> Found:
    """`one` with the usual services that answer there."""

    async def answers(port: int) -> bool:
        target = Target(
            name=one.name, about="", resolver=resolver, address=one.addresses[0], port=port
        )
        try:
            await connect.knock(target, deadline=wait)
        except (connect.NotConnected, TimeoutError):
            return False
        return True

    if not one.addresses:
        return one
    wait = min(CONNECT_DEADLINE, deadline)
    open_ports = await asyncio.gather(*map(answers, SERVICE_PORTS.values()))
    found = tuple(
        service for service, is_open in zip(SERVICE_PORTS, open_ports, strict=True) if is_open
    )
    return replace(one, answering=found)
