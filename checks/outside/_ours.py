"""Which of our hosts or domains an alert is about: by names and addresses, never by likeness. Pure.

A monitor often watches more than our mail system, so what does not match is somebody else's and is
said to be; `db1.lab.test` is not `db1` of another domain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from checks.etc_hosts import address_literal
from checks.model import Host
from checks.outside._told import Told

SELVES = frozenset({"localhost", "127.0.0.1", "::1"})
"""What a monitor calls itself, which is not the machine that we call so."""


def names(
    hosts: Sequence[Host], domains: Iterable[str], addresses: Mapping[str, str]
) -> dict[str, str]:
    """Our name for each name and address that means a host or domain of ours.

    `addresses` are those of hosts, as far as they were looked up. The first label of a host's
    address stands for it where no other host has the same.
    """
    domains = tuple(domains)
    known: dict[str, str] = {domain: domain for domain in domains}
    shorts: dict[str, list[str]] = {}
    for host in hosts:
        address = bare(host.address)
        known |= dict.fromkeys((host.name.lower(), address), host.name)
        known |= {f"{host.name.lower()}.{domain}": host.name for domain in domains}
        if not address_literal(address):
            shorts.setdefault(address.partition(".")[0], []).append(host.name)
    for short, meant in shorts.items():
        if len(meant) == 1:
            known.setdefault(short, meant[0])
    known |= {address: name for address, name in addresses.items() if address not in known}
    return {name: ours for name, ours in known.items() if name not in SELVES}


def whose(told: Told, known: Mapping[str, str]) -> str:
    """Our name for what the alert is about; empty where it is nothing of ours."""
    return next((known[place] for one in told.places if (place := bare(one)) in known), "")


def wants_addresses(told: Iterable[Told], known: Mapping[str, str]) -> bool:
    """Whether an alert names an address that only a lookup can tell from somebody else's."""
    return any(
        address_literal(bare(place)) and bare(place) not in SELVES
        for one in told
        if not whose(one, known)
        for place in one.places
    )


def bare(place: str) -> str:
    """A name or address without scheme, port and path.

    >>> [bare(one) for one in ("Mail1.lab.test:25", "https://mail1/x", "[fd00::1]:9100", "fd00::1")]
    ['mail1.lab.test', 'mail1', 'fd00::1', 'fd00::1']
    """
    text = place.strip().lower()
    try:
        if "://" in text:
            text = urlsplit(text).hostname or ""
    except ValueError:
        return ""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    return address_literal(text) or text.rstrip(".")
