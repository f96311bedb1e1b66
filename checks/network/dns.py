"""Whether the DNS leads mail to us: MX and their addresses, and the names of our hosts.

RFC 5321 section 5.1 (MX, and the domain's own address where there is none), RFC 7505 (null MX),
RFC 2181 section 10.3 (an MX names a host, no alias), RFC 1912 section 2.1 (an address has a name
that leads back). A resolver that can't answer is UNKNOWN, never a missing record.
"""

from __future__ import annotations

import asyncio
import ipaddress

from msgspec.structs import replace

from checks.dns_errors import AliasLoop, DnsError, LookupFailed, NoRecords, NoSuchName
from checks.etc_hosts import address_literal
from checks.model import CheckOptions, Finding, Result, State, System, Target, split_service
from checks.network._asking import FAILED, Asking, trouble
from checks.network._mx import MX_LIMIT, Exchange, Routes, judge_routes, parse_mx
from checks.network._names import Reverse, judge_names
from checks.phases import Phases
from checks.public import is_seen

FINDINGS: dict[str, str] = {
    FAILED: "The resolver could not answer; nothing is known of the records.",
    "dns.domain.not-found": "The mail domain does not exist.",
    "dns.mx.missing": "The domain has neither MX nor address: nobody can send to it.",
    "dns.mx.implicit": "The domain has no MX; mail goes to its own address (RFC 5321 5.1).",
    "dns.mx.null": "The domain says that it takes no mail (RFC 7505).",
    "dns.mx.literal": "An MX names an address; it must name a host.",
    "dns.mx.localhost": "An MX names localhost: every sender delivers to itself.",
    "dns.mx.not-found": "An MX names a host that does not exist.",
    "dns.mx.no-address": "An MX names a host that has no address.",
    "dns.mx.alias": "An MX names an alias (CNAME), which some senders do not follow.",
    "dns.mx.private": "An MX has a private address beside public ones.",
    "dns.mx.too-many": "There are more MX records than were looked up.",
    "dns.alias-loop": "CNAME records lead in a circle.",
    "dns.name.not-found": "The name of a host does not exist.",
    "dns.name.no-address": "The name of a host has no address.",
    "dns.ptr.missing": "An address that sends mail has no name; many receivers refuse it.",
    "dns.ptr.mismatch": "The name of an address does not lead back to it.",
}

PTR_LIMIT = 4
"""Addresses of a host, and names of an address, that are looked up."""


class Options(CheckOptions, frozen=True, kw_only=True):
    """`ask_ptr` is whether sending hosts' addresses must have names. Records change seldom.

    Up to three questions follow on each other, and a slow resolver is not a dead one.
    """

    interval: float = 30.0
    deadline: float = 10.0
    ask_ptr: bool = True


def targets(system: System) -> list[Target]:
    """Every domain, and every host that has a name or sends mail."""
    hosts = [one for one in system.each_host("dns") if one.name not in system.domains]
    asked = [one for one in hosts if not address_literal(one.address) or _is_public_sender(one)]
    return system.each_domain("dns") + asked


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Ask for the domain's MX and their addresses, or for the host's addresses and their names."""
    phases = Phases()
    try:
        async with asyncio.timeout(deadline):
            asking = Asking(target.resolver, deadline)
            if target.host is None:
                return await _check_domain(target.name, asking, phases)
            return await _check_host(target, asking, phases, ask_ptr=options.ask_ptr)
    except TimeoutError:
        text = f"resolver {target.resolver.name} does not answer"
        return phases.result(State.UNKNOWN, text, Finding(FAILED, text))


async def _check_domain(domain: str, asking: Asking, phases: Phases) -> Result:
    try:
        with phases.phase("mx"):
            found = parse_mx(await asking.records(domain, "MX"))
    except NoSuchName as error:
        return phases.result(
            State.CRITICAL, str(error), Finding("dns.domain.not-found", str(error))
        )
    except LookupFailed as error:
        return phases.result(State.UNKNOWN, str(error), Finding(FAILED, str(error)))
    except AliasLoop as error:
        return phases.result(State.CRITICAL, str(error), Finding("dns.alias-loop", str(error)))
    except NoRecords:
        found = []
    with phases.phase("addresses"):
        wanted = found[:MX_LIMIT] or [Exchange(0, domain)]
        exchanges = await asyncio.gather(*(_look_up(one, asking) for one in wanted))
    routes = Routes(domain, tuple(exchanges), len(found), is_implicit=not found)
    state, text, findings = judge_routes(routes)
    return phases.result(state, text, *findings, evidence=tuple(map(str, exchanges)))


async def _look_up(one: Exchange, asking: Asking) -> Exchange:
    if one.trouble:
        return one
    alias = asyncio.create_task(_alias(one.name, asking))
    try:
        addresses = await asking.addresses(f"{one.name}.")
        return replace(one, addresses=addresses, alias=await alias)
    except DnsError as error:
        return replace(one, trouble=trouble(error, "dns.mx"))
    finally:
        alias.cancel()


async def _alias(name: str, asking: Asking) -> str:
    """What `name` is an alias of; empty where it is none, or where that can't be known."""
    try:
        return (await asking.records(f"{name}.", "CNAME"))[0].rstrip(".")
    except DnsError:
        return ""


async def _check_host(target: Target, asking: Asking, phases: Phases, *, ask_ptr: bool) -> Result:
    try:
        with phases.phase("addresses"):
            addresses = await asking.addresses(target.address)
    except DnsError as error:
        found = trouble(error, "dns.name")
        is_known = found.code != FAILED
        in_file = await target.resolver.in_hosts_file(target.address) if is_known else ()
        if in_file:
            return phases.result(State.OK, f"{', '.join(in_file)}, in the hosts file only")
        state = State.CRITICAL if is_known else State.UNKNOWN
        return phases.result(state, found.text, found)
    with phases.phase("names"):
        is_sender = ask_ptr and _is_sender(target)
        sending = [
            one for one in addresses[:PTR_LIMIT] if is_sender and is_seen(one, target.address)
        ]
        reverses = await asyncio.gather(*(_reverse(one, asking) for one in sending))
    state, text, findings = judge_names(addresses, reverses)
    return phases.result(state, text, *findings, evidence=tuple(map(str, reverses)))


def _is_public_sender(target: Target) -> bool:
    literal = address_literal(target.address)
    return _is_sender(target) and is_seen(literal, target.address)


def _is_sender(target: Target) -> bool:
    """Whether the host sends mail to others, as far as its services tell."""
    services = target.host.services if target.host else ()
    return any(split_service(one)[0] == "smtp" for one in services)


async def _reverse(address: str, asking: Asking) -> Reverse:
    try:
        names = await asking.records(ipaddress.ip_address(address).reverse_pointer, "PTR")
    except LookupFailed as error:
        return Reverse(address, failure=str(error))
    except DnsError:
        return Reverse(address)
    shown = tuple(name.rstrip(".") for name in names[:PTR_LIMIT])
    failure = ""
    for name in names[:PTR_LIMIT]:
        try:
            if address in await asking.addresses(name):
                return Reverse(address, shown, is_confirmed=True)
        except LookupFailed as error:
            failure = str(error)
        except DnsError:
            continue
    return Reverse(address, shown, failure=failure)
