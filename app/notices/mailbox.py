"""Addresses of mailboxes as an envelope carries them. Pure.

RFC 5321 4.1.2, 5890 (A-labels), 6531 (what only SMTPUTF8 can carry).
"""

from __future__ import annotations

import re

LOCAL_LIMIT, DOMAIN_LIMIT = 64, 253
"""Octets (RFC 5321 4.5.3.1.1 and 2; a path has two more than a domain)."""

_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_NEVER = re.compile(r'[\s<>()\[\]\\,;:"\x00-\x1f\x7f]')
"""What would need quoting, which no mailbox of ours has, or would end the command."""


def envelope(address: str) -> str:
    """`address` with its domain in A-labels. Raises ValueError, not repeating the address.

    >>> envelope("ana@bücher.example")
    'ana@xn--bcher-kva.example'
    """
    local, at, domain = address.rpartition("@")
    if not at or not local or not address.isprintable() or _NEVER.search(address):
        raise ValueError("is not a plain mail address such as ana@example.org")
    if "@" in local or len(local.encode()) > LOCAL_LIMIT:
        raise ValueError("has too long a part before its @")
    try:
        ascii_domain = domain.removesuffix(".").encode("idna").decode("ascii")
    except UnicodeError as error:
        raise ValueError("has no domain after its @") from error
    labels = ascii_domain.split(".")
    if len(ascii_domain) > DOMAIN_LIMIT or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError("has no domain after its @")
    return f"{local}@{ascii_domain}"


def domain_of(address: str) -> str:
    """The domain of an address, in A-labels and lower case. Raises ValueError."""
    return envelope(address).rpartition("@")[2].lower()
