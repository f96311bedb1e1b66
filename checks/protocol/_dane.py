"""TLSA records of a mail server, and whether its certificates match them (RFC 6698, 7672).

Senders who know DANE refuse a server whose TLSA records DNSSEC proves and whose certificates do not
match. Without that proof (the resolver's AD) they take no notice of them.
"""

from __future__ import annotations

import hashlib
import re

from msgspec import Struct

from checks.dns_errors import DnsError, LookupFailed
from checks.model import State
from checks.protocol._der import Link
from checks.protocol._judged import Judged
from checks.resolver import Resolver

FINDINGS = {
    "tls.dane.mismatch": "no TLSA record matches: senders who know DANE deliver nothing",
    "tls.dane.unusable": "no TLSA record is one that SMTP can use (RFC 7672 3.1)",
    "tls.dane.unproven": "there are TLSA records, and no AD of the resolver that proves them",
    "tls.dane.unasked": "the TLSA records could not be looked up",
}

_RECORD = re.compile(r"(\d{1,3}) (\d{1,3}) (\d{1,3}) ([0-9A-Fa-f ]+)")
_HASHES = {1: hashlib.sha256, 2: hashlib.sha512}


class Tlsa(Struct, frozen=True):
    """One record. `usage` 3 is the server's own certificate, 2 one above; `selector` 1 the key."""

    usage: int
    selector: int
    matching: int
    data: bytes

    def matches(self, chain: tuple[Link, ...]) -> bool:
        """Whether a certificate that it speaks of is what it says."""
        links = chain[:1] if self.usage == 3 else chain[1:]
        return any(self._value(link) == self.data for link in links)

    @property
    def is_usable(self) -> bool:
        """RFC 7672 3.1: the usages 0 and 1 are none for SMTP."""
        return self.usage in (2, 3) and self.selector in (0, 1) and self.matching in (0, 1, 2)

    def _value(self, link: Link) -> bytes:
        chosen = link.key if self.selector else link.der
        return _HASHES[self.matching](chosen).digest() if self.matching else chosen


class Dane(Struct, frozen=True):
    """What is published for a server; `is_proven` by DNSSEC. `failure` is why nothing is known."""

    name: str
    records: tuple[Tlsa, ...] = ()
    is_proven: bool = False
    failure: str = ""


def parse_tlsa(text: str) -> Tlsa:
    r"""A record in its text form. Raises ValueError.

    >>> parse_tlsa("3 1 1 0badcafe")
    Tlsa(usage=3, selector=1, matching=1, data=b'\x0b\xad\xca\xfe')
    """
    match = _RECORD.fullmatch(text)
    if match is None:
        raise ValueError("no TLSA record")
    usage, selector, matching = (int(number) for number in match.groups()[:3])
    return Tlsa(usage, selector, matching, bytes.fromhex(match[4]))


async def look_up(name: str, resolver: Resolver, *, deadline: float) -> Dane:
    """What is published for port 25 of the server of that name; never raises."""
    where = f"_25._tcp.{name.rstrip('.')}"
    try:
        answer = await resolver.answer(f"{where}.", "TLSA", deadline=deadline)
        records = tuple(parse_tlsa(record) for record in answer.records)
    except LookupFailed as error:
        return Dane(where, failure=str(error))
    except (DnsError, ValueError):
        return Dane(where)
    return Dane(where, records, answer.is_authentic)


def judge_dane(dane: Dane, chain: tuple[Link, ...]) -> list[Judged]:
    """Whether `chain`, which port 25 shows, is what is published."""
    if dane.failure:
        text = f"the TLSA records of {dane.name} are not known: {dane.failure}"
        return [Judged(State.UNKNOWN, "tls.dane.unasked", text)]
    if not dane.records or not chain:
        return []
    usable = [record for record in dane.records if record.is_usable]
    proof = "" if dane.is_proven else "; the resolver does not say that DNSSEC proves them"
    if not usable:
        text = f"no TLSA record of {dane.name} is one that SMTP can use"
        return [Judged(State.WARNING, "tls.dane.unusable", text)]
    if not any(record.matches(chain) for record in usable):
        # Whether other resolvers validate is not known from one that does not.
        state = State.CRITICAL if dane.is_proven else State.WARNING
        text = f"no TLSA record of {dane.name} matches the certificate{proof}"
        return [Judged(state, "tls.dane.mismatch", text)]
    if not dane.is_proven:
        return [Judged(State.OK, "tls.dane.unproven", f"TLSA records of {dane.name} match{proof}")]
    return []
