"""Where the DNS sends the mail of a domain: what was found, and what it is worth."""

from __future__ import annotations

import ipaddress

from msgspec import Struct

from checks.etc_hosts import address_literal
from checks.model import Finding, State
from checks.network._asking import FAILED

MX_LIMIT = 20
"""Exchanges looked up, best first: more than any sender tries."""

_LOCALHOST = {"localhost", "localhost.localdomain"}


class Exchange(Struct, frozen=True):
    """One MX: its preference, its host, and the addresses or why there are none.

    `alias` is the name that it is only another name for.
    """

    preference: int
    name: str
    addresses: tuple[str, ...] = ()
    trouble: Finding | None = None
    alias: str = ""

    def __str__(self) -> str:
        found = ", ".join(self.addresses) or (self.trouble.text if self.trouble else "")
        return f"MX {self.preference} {self.name}: {found}"


class Routes(Struct, frozen=True):
    """The exchanges of a domain, and how many MX records it publishes.

    `is_implicit` says that there are none, and the domain itself is the exchange.
    """

    domain: str
    exchanges: tuple[Exchange, ...]
    published: int
    is_implicit: bool = False


def parse_mx(records: tuple[str, ...]) -> list[Exchange]:
    """The exchanges that MX records in text form name, best first.

    What is no host is in trouble already. The null MX (RFC 7505) keeps its name, ``.``.

    >>> [str(one) for one in parse_mx(("20 b.test.", "10 127.0.0.1."))]
    ['MX 10 127.0.0.1: 127.0.0.1 is an address; an MX must name a host', 'MX 20 b.test: ']
    """
    pairs = (record.partition(" ")[::2] for record in records)
    found = [Exchange(int(number), name.rstrip(".") or ".") for number, name in pairs]
    return sorted(map(_screen, found), key=lambda one: (one.preference, one.name))


def _screen(one: Exchange) -> Exchange:
    trouble = None
    if one.name == ".":
        trouble = Finding("dns.mx.null", "an MX says that no mail is taken (null MX)")
    elif address_literal(one.name):
        text = f"{one.name} is an address; an MX must name a host"
        trouble = Finding("dns.mx.literal", text)
    elif one.name.lower() in _LOCALHOST:
        trouble = Finding("dns.mx.localhost", "an MX names localhost: senders keep the mail")
    return Exchange(one.preference, one.name, (), trouble)


def judge_routes(routes: Routes) -> tuple[State, str, list[Finding]]:
    """State, words and findings for the exchanges of a domain."""
    usable = [one for one in routes.exchanges if one.addresses]
    troubles = [one.trouble for one in routes.exchanges if one.trouble]
    if not usable:
        return _judge_unusable(routes, troubles)
    faults = [*_aliases(usable), *_privates(usable)]
    if routes.is_implicit:
        text = f"no MX; mail goes to the address of {routes.domain} itself"
        return State.WARNING, text, [Finding("dns.mx.implicit", text)]
    if troubles:
        state = State.UNKNOWN if all(one.code == FAILED for one in troubles) else State.WARNING
        count = f"{len(troubles)} of {len(routes.exchanges)} MX unusable"
        return state, f"{count}: {troubles[0].text}", troubles + faults
    if faults:
        return State.WARNING, faults[0].text, faults
    if routes.published > MX_LIMIT:
        text = f"{routes.published} MX records; the best {MX_LIMIT} were looked up"
        return State.WARNING, text, [Finding("dns.mx.too-many", text)]
    return State.OK, f"MX {', '.join(one.name for one in usable)}", []


def _aliases(usable: list[Exchange]) -> list[Finding]:
    """RFC 2181 10.3, RFC 5321 5.1: some senders don't follow them."""
    return [
        Finding("dns.mx.alias", f"MX {one.name} is an alias (CNAME) of {one.alias}")
        for one in usable
        if one.alias
    ]


def _privates(usable: list[Exchange]) -> list[Finding]:
    """Addresses that senders elsewhere can't reach, beside others that they can.

    Where all are private this is a network of its own, or its view from inside.
    """
    pairs = [(one.name, address) for one in usable for address in one.addresses]
    private = [pair for pair in pairs if not ipaddress.ip_address(pair[1]).is_global]
    if len(private) == len(pairs):
        return []
    return [
        Finding("dns.mx.private", f"MX {name} has {address}, where no sender elsewhere gets to")
        for name, address in private
    ]


def _judge_unusable(routes: Routes, troubles: list[Finding]) -> tuple[State, str, list[Finding]]:
    if any(one.code == FAILED for one in troubles):
        return State.UNKNOWN, troubles[0].text, troubles
    if routes.is_implicit:
        text = f"{routes.domain} has neither MX nor address: nobody can send to it"
        return State.CRITICAL, text, [Finding("dns.mx.missing", text)]
    if len(troubles) == 1 and troubles[0].code == "dns.mx.null":
        text = f"{routes.domain} says that it takes no mail (null MX)"
        return State.CRITICAL, text, [Finding("dns.mx.null", text)]
    return State.CRITICAL, f"no MX is usable: {troubles[0].text}", troubles
