"""Whether Postfix would relay for everybody, by its effective settings. Pure.

Judged as smtpd(8) evaluates its lists: from left to right, the first that decides counts
(postconf(5), smtpd_relay_restrictions). What is not set has the default, which is safe.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping

WIDEST = {4: 8, 6: 16}
"""Prefix lengths of which a network is still somebody's; what is wider is everybody."""

LOCAL = tuple(map(ipaddress.IPv6Network, ("fe80::/10", "fc00::/7")))
"""Wide, and never everybody: link-local and private addresses (RFC 4291, RFC 4193)."""

_LOOPBACK = re.compile(r"(?:127\.[\d.]+|localhost|\[?::1\]?):[^:/]+/inet")
"""Services that listen for this machine alone: filters and milters that give mail back."""

REFUSES = (
    *("reject_unauth_destination", "defer_unauth_destination", "reject", "defer"),
    "defer_if_permit",
)
"""Restrictions one of which smtpd wants to see before it starts."""

_SPLIT = re.compile(r"[\s,]+")


def open_relays(postfix: Mapping[str, str], master: Mapping[str, str]) -> Iterator[str]:
    """Why strangers may relay, a sentence for each reason; `master` as `_named` has it.

    >>> list(open_relays({"mynetworks": "127.0.0.0/8 0.0.0.0/0"}, {}))
    ['mynetworks has 0.0.0.0/0: everybody may relay']
    """
    yield from _of("", postfix)
    services = {name.partition(" -o ")[0] for name in master if " -o " in name}
    for service in sorted(services):
        own = {
            name.partition(" -o ")[2]: value
            for name, value in master.items()
            if name.startswith(f"{service} -o ")
        }
        is_public = service.partition("/")[2] == "inet" and not _LOOPBACK.fullmatch(service)
        if is_public and own.keys() & _DECIDE:
            yield from _of(f"{service} of master.cf: ", {**postfix, **own})


_DECIDE = {"mynetworks", "smtpd_relay_restrictions", "smtpd_recipient_restrictions"}


def _of(where: str, settings: Mapping[str, str]) -> Iterator[str]:
    for network in _SPLIT.split(settings.get("mynetworks", "")):
        if is_everybody(network) and _networks_count(settings):
            yield f"{where}mynetworks has {network}: everybody may relay"
    for name in ("smtpd_relay_restrictions", "smtpd_recipient_restrictions"):
        words = _SPLIT.split(settings.get(name, "").lower())
        if "permit" in words and not set(words[: words.index("permit")]) & set(REFUSES):
            if name == "smtpd_recipient_restrictions" and _relays_are_judged(settings):
                continue
            yield f"{where}{name} permits before it rejects: everybody may relay"


def _relays_are_judged(settings: Mapping[str, str]) -> bool:
    """Whether smtpd_relay_restrictions decides first; an empty one leaves it to the recipients'."""
    return settings.get("smtpd_relay_restrictions", "the default") != ""


def _networks_count(settings: Mapping[str, str]) -> bool:
    """Whether a list permits mynetworks; the default of smtpd_relay_restrictions does."""
    relay = settings.get("smtpd_relay_restrictions", "permit_mynetworks")
    lists = f"{relay} {settings.get('smtpd_recipient_restrictions', '')}".lower()
    return "permit_mynetworks" in lists or "$" in lists


def is_everybody(network: str) -> bool:
    """Whether that is a network so wide that it is nobody's own."""
    if network.startswith("!"):
        return False
    try:
        found = ipaddress.ip_network(network.replace("[", "").replace("]", ""), strict=False)
    except ValueError:  # a table, a file, a parameter's name
        return False
    if isinstance(found, ipaddress.IPv6Network) and any(map(found.subnet_of, LOCAL)):
        return False
    return found.prefixlen < WIDEST[found.version]
