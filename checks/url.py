"""URLs that the config names: taken apart, and refused where they would leak or be misread."""

from __future__ import annotations

from urllib.parse import urlsplit

from msgspec import Struct


class Url(Struct, frozen=True):
    """The parts of a URL that a connection needs."""

    is_tls: bool
    host: str
    port: int
    path: str


def parse(url: str) -> Url:
    """The parts of `url`. Raises ValueError for what is no http or https URL, or holds a password.

    >>> parse("https://bmc1.lab.test/redfish/v1?x=1").path
    '/redfish/v1?x=1'
    """
    found = urlsplit(url)
    if found.scheme not in ("http", "https") or not found.hostname:
        raise ValueError("must be a URL that begins with https://")
    if found.username is not None or found.password is not None:
        raise ValueError("must not hold a user or a password")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("must not hold blanks or other letters than ASCII's")
    is_tls = found.scheme == "https"
    port = found.port or (443 if is_tls else 80)
    path = (found.path or "/") + (f"?{found.query}" if found.query else "")
    return Url(is_tls=is_tls, host=found.hostname, port=port, path=path)
