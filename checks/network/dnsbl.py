"""Whether our sending addresses stand on blocklists, of those that the config names (RFC 5782).

A list is believed only while it lists its test entry 127.0.0.2, and does not list 127.0.0.1
(section 5): one that is given up lists nothing, or everybody. 127.255.255.x says that the query is
refused, as some lists do with public resolvers.
"""

from __future__ import annotations

import asyncio
import ipaddress

from msgspec import Struct

from checks.dns_errors import DnsError, LookupFailed
from checks.model import CheckOptions, Finding, Result, State, System, Target, split_service
from checks.network._asking import FAILED, Asking
from checks.phases import Phases
from checks.public import is_seen
from checks.text import visible

FINDINGS: dict[str, str] = {
    FAILED: "The resolver could not answer; nothing is known of the lists.",
    "dnsbl.listed": "An address that sends stands on a blocklist: receivers may refuse its mail.",
    "dnsbl.refused": "A list refuses our queries; what it lists is not known.",
    "dnsbl.dead": "A list does not list its own test entry: it is given up, or the name is wrong.",
    "dnsbl.lists-everything": "A list lists what never is listed: it is given up.",
}

ADDRESSES_LIMIT = 8
"""Addresses of a host that are asked about."""

LISTED, UNLISTED = "127.0.0.2", "127.0.0.1"
"""Test entries: the one that is always on a list, and the one that never is."""

_ANSWERS = ipaddress.ip_network("127.0.0.0/8")
_REFUSALS = ipaddress.ip_network("127.255.255.0/24")


class Options(CheckOptions, frozen=True, kw_only=True):
    """`lists` are the zones that are asked, e.g. ``["zen.spamhaus.org"]``; none by default.

    Each has its terms of use, and most refuse who asks through a public resolver.
    """

    interval: float = 600.0
    deadline: float = 10.0
    lists: tuple[str, ...] = ()

    @property
    def is_wanted(self) -> bool:
        """Whether there is any list to ask."""
        return bool(self.lists)


class Said(Struct, frozen=True):
    """What a list says of addresses, its test entries among them: codes, and why they are there.

    `failure` is why it could not be asked.
    """

    zone: str
    codes: dict[str, tuple[str, ...]] = {}
    why: str = ""
    failure: str = ""


def targets(system: System) -> list[Target]:
    """Every host that sends mail, as far as its services tell."""
    return [
        one
        for one in system.each_host("dnsbl")
        if one.host
        and any(
            split_service(service)[0] in ("smtp", "submission", "smtps")
            for service in one.host.services
        )
    ]


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Ask each list for each address of the host that others see, and for its test entries."""
    phases = Phases()
    asking = Asking(target.resolver, deadline)
    try:
        with phases.phase("addresses"):
            addresses = await asking.addresses(target.address)
    except LookupFailed as error:
        return phases.result(State.UNKNOWN, str(error), Finding(FAILED, str(error)))
    except DnsError as error:
        return phases.result(State.UNKNOWN, str(error))  # the dns check tells of it
    asked = [one for one in addresses if is_seen(one, target.address)][:ADDRESSES_LIMIT]
    if not asked:
        return phases.result(State.OK, "no address that others see")
    with phases.phase("lists"):
        said = await asyncio.gather(*(_ask(zone, asked, asking) for zone in options.lists))
    found = [judged for one in said if (judged := judge(one, asked)) is not None]
    found.sort(key=lambda pair: -pair[0].badness)
    state = found[0][0] if found else State.OK
    well = f"on none of {len(said)} lists" if len(said) > 1 else f"not on {options.lists[0]}"
    return phases.result(
        state,
        found[0][1].text if found else well,
        *(finding for _, finding in found),
        evidence=tuple(f"{one.zone}: {one.failure or _told(one)}" for one in said),
    )


async def _ask(zone: str, addresses: list[str], asking: Asking) -> Said:
    every = [LISTED, UNLISTED, *addresses]
    try:
        answers = await asyncio.gather(*(_codes(one, zone, asking) for one in every))
    except LookupFailed as error:
        return Said(zone, failure=str(error))
    codes = dict(zip(every, answers, strict=True))
    listed = next((one for one in addresses if codes[one]), "")
    return Said(zone, codes, await _why(listed, zone, asking) if listed else "")


async def _codes(address: str, zone: str, asking: Asking) -> tuple[str, ...]:
    """What stands there for `address`. Raises LookupFailed."""
    try:
        return await asking.records(entry(address, zone), "A")
    except LookupFailed:
        raise
    except DnsError:
        return ()


async def _why(address: str, zone: str, asking: Asking) -> str:
    try:
        return visible(next(iter(await asking.texts(entry(address, zone))), ""), 200)
    except DnsError:
        return ""


def entry(address: str, zone: str) -> str:
    """The name that stands for `address` (RFC 5782 2.1, 2.4).

    >>> entry("192.0.2.99", "bad.example")
    '99.2.0.192.bad.example.'
    """
    reverse = ipaddress.ip_address(address).reverse_pointer
    return f"{reverse.rsplit('.', 2)[0]}.{zone.strip('.')}."


def judge(said: Said, addresses: list[str]) -> tuple[State, Finding] | None:
    """What a list says, if it is to be believed."""
    if said.failure:
        return State.UNKNOWN, Finding(FAILED, f"{said.zone}: {said.failure}")
    code = _disbelief(said)
    if code:
        text = f"{said.zone} is not believed: {FINDINGS[code].rstrip('.').lower()}"
        return State.UNKNOWN, Finding(code, text)
    listed = [one for one in addresses if said.codes[one]]
    if not listed:
        return None
    why = f": {said.why}" if said.why else ""
    text = f"{', '.join(listed)} on blocklist {said.zone}{why}"
    return State.WARNING, Finding("dnsbl.listed", text)


def _disbelief(said: Said) -> str:
    """Why nothing that it says counts; empty where it does."""
    every = [ipaddress.ip_address(code) for codes in said.codes.values() for code in codes]
    if any(code in _REFUSALS for code in every):
        return "dnsbl.refused"
    if said.codes[UNLISTED] or any(code not in _ANSWERS for code in every):
        return "dnsbl.lists-everything"
    return "" if said.codes[LISTED] else "dnsbl.dead"


def _told(said: Said) -> str:
    shown = [f"{one} {' '.join(codes) or 'not listed'}" for one, codes in said.codes.items()]
    return ", ".join(shown)
