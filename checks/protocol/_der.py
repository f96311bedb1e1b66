"""What we need of a certificate's bytes (RFC 5280 4.1), and no more.

The ssl module describes only the peer's own certificate, and only a verified one; the package
`cryptography` is the drill's, and takes longer to import than a check to run.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec import Struct

from checks.text import visible

_COMMON_NAME, _ORGANIZATION = b"\x55\x04\x03", b"\x55\x04\x0a"
_VERSION, _UTC_TIME = 0xA0, 0x17
_EMPTY = b"\x05\x00"


class Link(Struct, frozen=True):
    """One certificate of a chain; `key` is its SubjectPublicKeyInfo. Names are harmless."""

    subject: str
    issuer: str
    until: datetime
    is_self_issued: bool
    key: bytes
    der: bytes


def parse_certificate(der: bytes) -> Link:
    """The certificate with those bytes. Raises ValueError."""
    (outer,) = _parts(der)
    body = _inside(outer)
    fields = list(_parts(body))
    if fields and fields[0][0] == _VERSION:
        fields = fields[1:]
    if len(fields) < 6:
        raise ValueError("a certificate without all its fields")
    _, _, issuer, validity, subject, key = fields[:6]
    return Link(
        subject=_name(subject),
        issuer=_name(issuer),
        until=_until(_content(validity)),
        is_self_issued=issuer == subject,
        key=key,
        der=der,
    )


def _parts(der: bytes) -> Iterator[bytes]:
    """The elements that stand one after another, each with its head. Raises ValueError."""
    at = 0
    while at < len(der):
        start, size = _head(der, at)
        yield der[at : start + size]
        at = start + size


def _head(der: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at `at` starts, and how long it is (X.690 8.1.3)."""
    if at + 2 > len(der):
        raise ValueError("an element that ends in its head")
    size, start = der[at + 1], at + 2
    if size >= 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4:
            raise ValueError("an element of no definite length")
        size = int.from_bytes(der[start : start + count], "big")
        start += count
    if start + size > len(der):
        raise ValueError("an element that is cut short")
    return start, size


def _content(element: bytes) -> bytes:
    start, size = _head(element, 0)
    return element[start : start + size]


def _inside(element: bytes) -> bytes:
    """The content of the first element inside."""
    return _content(next(_parts(_content(element)), b""))


def _name(name: bytes) -> str:
    """The part of a distinguished name that people call it by."""
    known = {}
    for group in _parts(_content(name)):
        for pair in _parts(_content(group)):
            kind, value, *_ = map(_content, (*_parts(_content(pair)), _EMPTY, _EMPTY))
            known[kind] = value
    found = known.get(_COMMON_NAME) or known.get(_ORGANIZATION)
    return visible(found, 100) if found else "nobody"


def _until(validity: bytes) -> datetime:
    """When it ends: UTCTime's two-digit years are 1950 to 2049 (RFC 5280 4.1.2.5.1)."""
    times = list(_parts(validity))
    if len(times) != 2:
        raise ValueError("no validity")
    text = _content(times[1]).decode("ascii")
    if times[1][0] == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
