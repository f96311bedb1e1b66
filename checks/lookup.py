"""One question to the name servers, through dnspython: no threads, no getaddrinfo."""

from __future__ import annotations

import asyncio
import copy
import os
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from checks.dns_errors import AliasLoop, BadName, DnsError, LookupFailed, NoRecords, NoSuchName
from checks.etc_hosts import changed_at
from checks.text import visible

if TYPE_CHECKING:
    import dns.exception
    import dns.name
    import dns.resolver
    from dns.asyncresolver import Resolver as DnsResolver

RESOLV_CONF = Path("/etc/resolv.conf")

RECORDS_LIMIT = 1000
"""Records kept of one answer: twice what anybody was seen to publish."""

AGAIN = 2.0
"""Seconds after which the only server is asked once more: the question may have been lost."""

LIFETIME = 0.9
"""Share of a deadline that dnspython gets, so that it can still say which server did what."""


class Answer(Struct, frozen=True):
    """Records in their text form, and for how many seconds they may be kept.

    `texts` are TXT records as they are, each whole (RFC 7208 3.3). `is_authentic`: the server says
    that DNSSEC proves them (RFC 4035 3.2.3). `is_authoritative`: they are its own (RFC 1035 4.1.1).
    """

    records: tuple[str, ...]
    ttl: float
    texts: tuple[bytes, ...] = ()
    is_authentic: bool = False
    is_authoritative: bool = False


class NameServers:
    """One name server, or those of ``/etc/resolv.conf``, which is read again when it changed."""

    def __init__(self, server: str | None, port: int) -> None:
        self._server = server
        self._port = port
        self._dns: DnsResolver | None = None
        self._read_at = -1
        self._reading = asyncio.Lock()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Whom it asks, as far as that is known yet."""
        if self._server:
            return (self._server,)
        return tuple(map(str, self._dns.nameservers)) if self._dns else ()

    async def ask(self, name: str, kind: str, *, deadline: float, search: bool = False) -> Answer:
        """The records of type `kind` of `name`; with `search` as resolv.conf(5) completes names.

        dnspython overruns its lifetime at times: the caller bounds this. Raises DnsError.
        """
        began = time.monotonic()
        try:
            configured = await self._configured()
        except (OSError, ValueError) as error:
            raise LookupFailed(f"the resolver can't be used: {visible(str(error), 200)}") from error
        left = LIFETIME * deadline - (time.monotonic() - began)
        asking = copy.copy(configured)
        if len(asking.nameservers) > 1:  # a dead first server must leave time for the second
            asking.timeout = min(asking.timeout, left / 2)
            return await _resolve(asking, name, kind, left, search=search)
        asking.timeout = left
        return await _twice(lambda left: _resolve(asking, name, kind, left, search=search), left)

    async def _configured(self) -> DnsResolver:
        if self._dns is None or self._is_outdated():
            async with self._reading:
                if self._dns is None or self._is_outdated():
                    at = changed_at(RESOLV_CONF)
                    self._dns = await asyncio.to_thread(_configure, self._server, self._port)
                    self._read_at = at
        return self._dns

    def _is_outdated(self) -> bool:
        return self._server is None and self._read_at != changed_at(RESOLV_CONF)


def _configure(server: str | None, port: int) -> DnsResolver:
    """In a thread: importing dnspython takes 110 ms. Raises OSError or ValueError."""
    import dns.asyncresolver
    import dns.exception
    import dns.flags

    try:
        asking = dns.asyncresolver.Resolver(str(RESOLV_CONF), configure=server is None)
    except dns.exception.DNSException as error:
        raise ValueError(error) from error
    if server is not None:
        asking.nameservers = [server]
        asking.port = port
    asking.flags = dns.flags.RD | dns.flags.AD  # AD: tell us whether it is proven (RFC 6840 5.7)
    return asking


async def _twice(ask: Callable[[float], Coroutine[None, None, Answer]], left: float) -> Answer:
    """`ask`, and ask again beside it when no answer comes; the first to end counts.

    dnspython gives a question up when it repeats it: a server that takes longer than the pause
    between two would look dead.
    """
    tries = [asyncio.create_task(ask(left))]
    try:
        await asyncio.wait(tries, timeout=AGAIN)
        if not tries[0].done():
            tries.append(asyncio.create_task(ask(left - AGAIN)))
            await asyncio.wait(tries, return_when=asyncio.FIRST_COMPLETED)
        return next(task.result() for task in tries if task.done())
    finally:
        for task in tries:
            task.cancel()
        await asyncio.gather(*tries, return_exceptions=True)


async def _resolve(
    asking: DnsResolver, name: str, kind: str, lifetime: float, *, search: bool
) -> Answer:
    import dns.exception
    import dns.name
    import dns.resolver

    shown = visible(name.rstrip("."), 100)
    try:
        answer = await asking.resolve(_question(name), kind, lifetime=lifetime, search=search)
    except dns.resolver.NXDOMAIN as error:
        raise NoSuchName(f"{shown} does not exist") from error
    except dns.resolver.NoAnswer as error:
        if evasion := _evasion(error):
            servers = ", ".join(map(str, asking.nameservers))
            raise LookupFailed(f"resolver {servers} {evasion}") from error
        raise NoRecords(f"{shown} has no {kind} record") from error
    except dns.name.NameTooLong as error:
        raise BadName(f"{shown} is too long for a name") from error
    except (dns.exception.DNSException, OSError, ValueError) as error:
        raise _failure(error, shown) from error
    return _answer(answer)


def _answer(answer: dns.resolver.Answer) -> Answer:
    import dns.flags
    import dns.rdatatype

    found: list[Any] = list(answer)[:RECORDS_LIMIT]
    is_text = answer.rdtype == dns.rdatatype.TXT
    flags = answer.response.flags
    return Answer(
        records=tuple(visible(record.to_text()) for record in found),
        ttl=answer.chaining_result.minimum_ttl,
        texts=tuple(b"".join(record.strings) for record in found) if is_text else (),
        is_authentic=bool(flags & dns.flags.AD),
        is_authoritative=bool(flags & dns.flags.AA),
    )


def _question(name: str) -> dns.name.Name:
    """Raises BadName."""
    import dns.exception
    import dns.name

    try:
        question = dns.name.from_text(name.strip(), None)
    except (dns.exception.DNSException, ValueError) as error:
        raise BadName(f"{visible(name, 100)} is not a name: {visible(str(error), 100)}") from error
    if question in (dns.name.root, dns.name.empty):
        raise BadName("an empty name was asked for")
    return question


def _evasion(error: dns.resolver.NoAnswer) -> str:
    """How an answer without records is none at all; empty for an honest NODATA (RFC 2308 2.2)."""
    import dns.flags
    import dns.rdatatype

    response = error.kwargs["response"]
    kinds = {rrset.rdtype for rrset in response.authority}
    is_referral = dns.rdatatype.NS in kinds and dns.rdatatype.SOA not in kinds
    if response.flags & dns.flags.TC:
        return "cuts its answer short, by TCP too"
    if is_referral and not response.flags & dns.flags.AA:
        return "sends us elsewhere (lame)"
    return ""


def _failure(error: Exception, name: str) -> DnsError:
    """Why no server answered, with what each of them did."""
    import dns.message
    import dns.resolver

    tries: list[Any] = []
    if isinstance(error, dns.resolver.LifetimeTimeout | dns.resolver.NoNameservers):
        tries = error.kwargs.get("errors") or []
    if any(isinstance(what, dns.message.ChainTooLong) for *_, what, _ in tries):
        return AliasLoop(f"the CNAME records of {name} lead in a circle")
    did = {_server(server): _words(what, by_tcp=by_tcp) for server, by_tcp, _, what, _ in tries}
    if did:
        return LookupFailed(
            ", ".join(f"resolver {server} {words}" for server, words in did.items())
        )
    return LookupFailed(f"the resolver failed: {visible(str(error), 200)}")


def _server(text: str) -> str:
    """``10.0.0.53`` of dnspython's ``Do53:10.0.0.53@53``."""
    return visible(text.removeprefix("Do53:").removesuffix("@53").replace("@", " port "))


def _words(what: object, *, by_tcp: bool) -> str:
    """What a server did, from dnspython's name of it: a response code, or an error."""
    import dns.exception

    if isinstance(what, str):
        return f"answers {visible(what, 30)}"
    if isinstance(what, TimeoutError | dns.exception.Timeout):
        return "does not answer by TCP" if by_tcp else "does not answer"
    if isinstance(what, OSError):
        reason = visible(os.strerror(what.errno or 0).lower())
        return f"can't be asked by TCP: {reason}" if by_tcp else f"can't be asked: {reason}"
    return f"answers garbage: {visible(str(what), 100)}"
