"""What SPF says of an address: the record with all that it includes (RFC 7208 4 to 6)."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from checks.dns_errors import DnsError, LookupFailed, NoRecords, NoSuchName
from checks.network._asking import Asking
from checks.network._spf_record import (
    LOOKING_UP,
    BadSpf,
    Record,
    Term,
    TooManyLookups,
    is_spf,
    is_within,
    parse_spf,
)
from checks.text import visible

LOOKUPS_LIMIT = 10
VOID_LIMIT = 2
"""Look-ups, and those among them that find nothing, that receivers make (RFC 7208 4.6.4)."""

MX_LIMIT = 10


class NoSpf(Exception):
    """The domain has no SPF record."""


class Policy(Struct, frozen=True):
    """A domain's record, and those that it includes or leads to, by their domains."""

    domain: str
    record: Record
    text: str
    parts: dict[str, Policy] = {}

    def walk(self) -> Iterator[Policy]:
        """It and all that is in it."""
        yield self
        for part in self.parts.values():
            yield from part.walk()

    @property
    def lookups(self) -> int:
        """How many look-ups the whole costs at worst."""
        own = sum(term.name in LOOKING_UP for term in self.record.terms)
        return own + bool(self.record.redirect) + sum(one.lookups for one in self.parts.values())


class Spf:
    """Asks for one domain's policy, and evaluates it. `voids` counts names that were not there."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._found: dict[str, tuple[str, ...]] = {}
        self._policies = 0
        self.voids = 0

    async def policy(self, domain: str) -> Policy:
        """The record of `domain` with all its parts. Raises NoSpf, BadSpf, LookupFailed."""
        self._policies += 1
        if self._policies > LOOKUPS_LIMIT + 1:
            raise TooManyLookups(f"more than {LOOKUPS_LIMIT} look-ups; receivers stop there")
        text = await self._text(domain)
        try:
            record = parse_spf(text)
        except BadSpf as error:
            raise BadSpf(f"{error}, in the record of {visible(domain, 100)}") from error
        parts = {}
        for name in _parts(record):
            try:
                parts[name] = await self.policy(name)
            except NoSpf as error:
                raise BadSpf(
                    f"it includes {visible(name, 100)}, which has no SPF record"
                ) from error
        return Policy(domain, record, text, parts)

    async def _text(self, domain: str) -> str:
        try:
            texts = await self._asking.texts(f"{domain.rstrip('.')}.")
        except (NoSuchName, NoRecords) as error:
            raise NoSpf(str(error)) from error
        found = [text for text in texts if is_spf(text)]
        if not found:
            raise NoSpf(f"{visible(domain, 100)} has no SPF record")
        if len(found) > 1:
            raise BadSpf(f"{visible(domain, 100)} has {len(found)} SPF records; one is allowed")
        return found[0]

    async def evaluate(self, policy: Policy, address: str) -> str:
        """What it says of `address`: pass, fail, softfail, neutral, or ``unsure``.

        Unsure is what depends on a message (macros, ptr). Raises LookupFailed.
        """
        is_unsure = False
        for term in policy.record.terms:
            is_hit = await self._matches(term, policy, address)
            if is_hit:
                return "unsure" if is_unsure else term.result
            is_unsure = is_unsure or is_hit is None
        if is_unsure:
            return "unsure"
        if policy.record.redirect in policy.parts:
            return await self.evaluate(policy.parts[policy.record.redirect], address)
        return "neutral"

    async def _matches(self, term: Term, policy: Policy, address: str) -> bool | None:
        """Whether `term` is about `address`; None where that depends on a message."""
        if term.name == "all":
            return True
        if term.name in ("ip4", "ip6"):
            return is_within(address, term.value, term.mask)
        if term.is_macro or term.name in ("ptr", "exists"):
            return None
        if term.name == "include":
            inner = await self.evaluate(policy.parts[term.value], address)
            return None if inner == "unsure" else inner == "pass"
        name = term.value or policy.domain
        found = await (self._exchanges(name) if term.name == "mx" else self._addresses(name))
        return any(is_within(address, one, term.mask) for one in found)

    async def _exchanges(self, name: str) -> list[str]:
        names = await self._look_up(name, "MX")
        hosts = [one.partition(" ")[2] for one in sorted(names)[:MX_LIMIT]]
        return [address for host in hosts if host != "." for address in await self._addresses(host)]

    async def _addresses(self, name: str) -> tuple[str, ...]:
        return await self._look_up(name, "addresses")

    async def _look_up(self, name: str, kind: str) -> tuple[str, ...]:
        """Each question once; a name without records is void. Raises LookupFailed."""
        key = f"{kind} {name.rstrip('.').lower()}"
        if key not in self._found:
            full = f"{name.rstrip('.')}."
            try:
                self._found[key] = await (
                    self._asking.addresses(full)
                    if kind == "addresses"
                    else self._asking.records(full, kind)
                )
            except LookupFailed:
                raise
            except DnsError:
                self.voids += 1
                self._found[key] = ()
        return self._found[key]


def _parts(record: Record) -> list[str]:
    """The domains whose records belong to it; what a macro names can't be known."""
    names = [one.value for one in record.terms if one.name == "include" and not one.is_macro]
    if record.redirect and "%" not in record.redirect:
        names.append(record.redirect)
    return list(dict.fromkeys(names))
