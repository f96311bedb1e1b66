"""Whether the name that port 25 greets with is one: it exists, and goes with the address.

RFC 5321 2.3.5, 4.1.4 (a full name, that resolves), RFC 1912 2.1 (an address has a name that leads
back). Servers use the same name as client by default (Postfix' ``myhostname``, Exim's
``primary_hostname``), and receivers judge them by it; one that uses another is not seen here.
"""

from __future__ import annotations

import asyncio
import ipaddress

from msgspec import Struct

from checks.dns_errors import DnsError, LookupFailed
from checks.etc_hosts import address_literal
from checks.model import CheckOptions, Result, State, System, Target
from checks.protocol import _tls, smtp
from checks.protocol._judged import Judged
from checks.protocol._session import Session
from checks.public import is_seen
from checks.resolver import Resolver
from checks.text import visible

FINDINGS = {
    "helo.unseen": "the server did not greet, so its name is not known",
    "helo.no-name": "the server greets without a full name",
    "helo.unknown-name": "the name that the server greets with does not exist",
    "helo.mismatch": "neither the name that it greets with nor the address leads to the other",
    "dns.resolver.failed": "the resolver could not answer; nothing is known of the name",
}

OWN_SHARE = 0.6
"""Part of the deadline for the greeting; the rest is for the names."""

PTR_LIMIT = 4


class Options(CheckOptions, frozen=True, kw_only=True):
    """Names change seldom."""

    interval: float = 60.0
    deadline: float = 10.0


class Names(Struct, frozen=True, kw_only=True):
    """The name in the greeting, its addresses, and the names of the address that was asked."""

    greeted: str
    address: str
    addresses: tuple[str, ...] = ()
    reverse: tuple[str, ...] = ()
    failure: str = ""


def targets(system: System) -> list[Target]:
    """Every port 25."""
    return [
        Target(
            name=one.name,
            about="helo",
            address=one.address,
            port=one.port,
            host=one.host,
            resolver=one.resolver,
        )
        for one in system.services("smtp")
    ]


async def check(target: Target, options: Options, *, deadline: float) -> Result:  # noqa: ARG001
    """Wait for the greeting, and ask for the name in it."""
    session, seen = Session("smtp", target, _tls.TlsOptions()), smtp.Talk()

    async def talk() -> None:
        await smtp.greet(session, seen)
        session.leave("QUIT")

    await session.run(talk, deadline=deadline * OWN_SHARE)
    if seen.banner is None or seen.banner.code != 220:
        why = session.stopped.text if session.stopped else f"greets with {seen.banner}"
        return _result(session, Judged(State.UNKNOWN, "helo.unseen", f"no greeting: {why}"), ())
    words = seen.banner.lines[0].split()
    name = visible(words[0], 255) if words else ""
    if not is_seen(session.dialogue.peer, target.address):
        shown = f"greets as {name or 'nobody'}, behind an address that no one elsewhere sees"
        return _result(session, None, (shown,))
    with session.phases.phase("names"):
        left = deadline * (1 - OWN_SHARE)
        names = await _look_up(name, session.dialogue.peer, target.resolver, left)
    evidence = (
        f"greets as {name or 'nobody'}: {', '.join(names.addresses) or 'no address'}",
        f"{names.address}: {', '.join(names.reverse) or 'no name'}",
    )
    return _result(session, judge(names), evidence)


def _result(session: Session, judged: Judged | None, evidence: tuple[str, ...]) -> Result:
    if judged is None:
        return session.phases.result(State.OK, evidence[0], evidence=evidence)
    return session.phases.result(judged.state, judged.text, judged.finding, evidence=evidence)


async def _look_up(name: str, address: str, resolver: Resolver, deadline: float) -> Names:
    try:
        addresses, reverse = await asyncio.gather(
            _addresses(name, resolver, deadline), _reverse(address, resolver, deadline)
        )
    except LookupFailed as error:
        return Names(greeted=name, address=address, failure=str(error))
    return Names(greeted=name, address=address, addresses=addresses, reverse=reverse)


async def _addresses(name: str, resolver: Resolver, deadline: float) -> tuple[str, ...]:
    if not is_full_name(name):
        return ()
    try:
        return await resolver.addresses(f"{name}.", deadline=deadline, is_fresh=True)
    except LookupFailed:
        raise
    except DnsError:
        return ()


async def _reverse(address: str, resolver: Resolver, deadline: float) -> tuple[str, ...]:
    pointer = ipaddress.ip_address(address).reverse_pointer
    try:
        found = await resolver.records(f"{pointer}.", "PTR", deadline=deadline)
    except LookupFailed:
        raise
    except DnsError:
        return ()
    return tuple(one.rstrip(".").lower() for one in found[:PTR_LIMIT])


def is_full_name(name: str) -> bool:
    """Whether others could look it up (RFC 5321 2.3.5).

    >>> [is_full_name(name) for name in ("mx.lab.test", "localhost", "127.0.0.1")]
    [True, False, False]
    """
    return "." in name.strip(".") and not address_literal(name) and name.isascii()


def judge(names: Names) -> Judged | None:
    """Whether the name is one."""
    greeted = names.greeted or "nobody"
    if not is_full_name(names.greeted):
        text = f"greets as {greeted}, which is no full name: receivers distrust it"
        return Judged(State.WARNING, "helo.no-name", text)
    if names.failure:
        return Judged(State.UNKNOWN, "dns.resolver.failed", names.failure)
    if not names.addresses:
        text = f"greets as {greeted}, which does not exist: receivers may refuse its mail"
        return Judged(State.WARNING, "helo.unknown-name", text)
    is_same = names.address in names.addresses or greeted.lower().rstrip(".") in names.reverse
    if is_same:
        return None
    # Behind one address for several hosts that is as it should be.
    text = f"greets as {greeted} ({names.addresses[0]}), not as {names.address} is called"
    return Judged(State.OK, "helo.mismatch", text)
