"""SPF records: their grammar (RFC 7208 4.5, 4.6, 12). Pure."""

from __future__ import annotations

import ipaddress
import re

from msgspec import Struct

from checks.text import visible

VERSION = "v=spf1"

RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}

LOOKING_UP = frozenset({"include", "a", "mx", "ptr", "exists"})
"""Mechanisms that cost a look-up each, of which ten are allowed (RFC 7208 4.6.4)."""

_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9._-]*)=(.*)")
_MECHANISM = re.compile(r"([-+~?]?)([A-Za-z0-9]+)(?::(\S*?))?(?:/(\d{1,3}))?(?://(\d{1,3}))?")
_MACRO = re.compile(r"%[{%_-]")

_NEEDS_VALUE = frozenset({"include", "exists", "ip4", "ip6"})
_TAKES_MASK = frozenset({"a", "mx", "ip4", "ip6"})


class BadSpf(ValueError):
    """The record is none: receivers treat it as an error of ours (permerror)."""


class TooManyLookups(BadSpf):
    """It costs more than receivers spend."""


class Term(Struct, frozen=True):
    """A mechanism. `mask` is the length of its networks, for IPv4 and IPv6."""

    result: str
    name: str
    value: str = ""
    mask: tuple[int, int] = (32, 128)

    @property
    def is_macro(self) -> bool:
        """Whether it depends on the message, of which there is none here (RFC 7208 7)."""
        return _MACRO.search(self.value) is not None


class Record(Struct, frozen=True):
    """The mechanisms in their order, and where they are followed by another domain's."""

    terms: tuple[Term, ...]
    redirect: str = ""


def is_spf(text: str) -> bool:
    """Whether a TXT record is meant to be one (RFC 7208 4.5)."""
    return text[:7].lower().rstrip(" ") == VERSION


def parse_spf(text: str) -> Record:
    """The record. Raises BadSpf.

    >>> parse_spf("v=spf1 mx ip4:192.0.2.0/24 -all").terms[1]
    Term(result='pass', name='ip4', value='192.0.2.0', mask=(24, 128))
    """
    if not is_spf(text):
        raise BadSpf("it does not begin with v=spf1")
    terms, modifiers = [], {}
    for word in text[len(VERSION) :].split(" "):
        modifier = _MODIFIER.fullmatch(word)
        if modifier is not None:
            name = modifier[1].lower()
            if name in modifiers and name in ("redirect", "exp"):
                raise BadSpf(f"{name}= stands there twice")
            modifiers[name] = modifier[2]
        elif word:
            terms.append(_term(word))
    return Record(tuple(terms), modifiers.get("redirect", ""))


def _term(word: str) -> Term:
    match = _MECHANISM.fullmatch(word)
    shown = f"“{visible(word, 60)}”"
    if match is None or match[2].lower() not in LOOKING_UP | _TAKES_MASK | {"all"}:
        raise BadSpf(f"{shown} is no mechanism")
    name, value = match[2].lower(), match[3] or ""
    if (name in _NEEDS_VALUE and not value) or (name == "all" and match[3] is not None):
        raise BadSpf(f"{shown} lacks its domain or address, or has one too many")
    if (match[4] or match[5]) and name not in _TAKES_MASK:
        raise BadSpf(f"{shown} takes no prefix length")
    # Behind ip6 the one prefix length is IPv6's.
    lengths = (None, match[4]) if name == "ip6" else (match[4], match[5])
    mask = (int(lengths[0] or 32), int(lengths[1] or 128))
    if mask[0] > 32 or mask[1] > 128:
        raise BadSpf(f"{shown} has a prefix length that is too long")
    term = Term(RESULTS[match[1] or "+"], name, value, mask)
    if name in ("ip4", "ip6"):
        _network(term, shown)
    return term


def _network(term: Term, shown: str) -> None:
    """Raise BadSpf where the address is none, or of the other family."""
    try:
        version = ipaddress.ip_address(term.value).version
    except ValueError as error:
        raise BadSpf(f"{shown} names no address") from error
    if version != int(term.name[2:]):
        raise BadSpf(f"{shown} names an address of the other family")


def is_within(address: str, network: str, mask: tuple[int, int]) -> bool:
    """Whether `address` is in the network around `network`."""
    one, other = ipaddress.ip_address(address), ipaddress.ip_address(network)
    if one.version != other.version:
        return False
    shift = one.max_prefixlen - mask[one.version == 6]
    return int(one) >> shift == int(other) >> shift
