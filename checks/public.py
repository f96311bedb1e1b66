"""Which addresses servers elsewhere see, and judge the mail of."""

from __future__ import annotations

import ipaddress

RESERVED = ("test", "example", "invalid", "localhost", "local", "internal", "home.arpa")
"""Endings that no public DNS has (RFC 6761, 6762, 8375; ICANN's resolution on .internal)."""


def is_reserved(name: str) -> bool:
    """Whether only a private DNS can know `name`.

    >>> is_reserved("mail1.lab.test."), is_reserved("test.example.org")
    (True, False)
    """
    return f".{name.lower().rstrip('.')}".endswith(tuple(f".{one}" for one in RESERVED))


def is_seen(address: str, name: str) -> bool:
    """Whether others see `address`, which belongs to `name`.

    A private address leaves its network as another one, of which nothing is known here. Under a
    reserved name the private network is all there is: its servers see each other's addresses.
    """
    found = ipaddress.ip_address(address)
    return found.is_global or (is_reserved(name) and not found.is_loopback)
