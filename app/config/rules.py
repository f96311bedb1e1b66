"""What a value may be, beyond its type: each rule raises ValueError with what was expected."""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from checks.model import SERVICE_PORTS, Severity, split_service
from checks.text import visible
from checks.url import parse

Rules = Mapping[str, Callable[[Any], None]]
"""A rule for each key that has one."""

DAY = 86_400.0

_NAME = re.compile(r"\w[\w.-]{0,62}")
_HOST = re.compile(r"(?!-)[\w-]{1,63}(\.(?!-)[\w-]{1,63})*\.?")
_MAILBOX = re.compile(r"[^\s@]+@[^\s@]+")


def quoted(text: str) -> str:
    """A word of the config as it stands in a message."""
    return f'"{visible(text, 60)}"'


def nearest(word: str, known: Iterable[str]) -> str:
    """``; did you mean "address"?``, or nothing when no known word is near."""
    near = get_close_matches(word[:60], list(known), n=1)
    return f"; did you mean {quoted(near[0])}?" if near else ""


def name(text: str) -> None:
    """A name of ours: it stands in ids, file names and on narrow columns."""
    if not _NAME.fullmatch(text):
        raise ValueError("must be one word of letters, digits, dots and dashes")


def host(text: str) -> None:
    """A host name (RFC 1123, 2.1; with the underscores that DNS allows) or an address."""
    if not (_HOST.fullmatch(text) and len(text) <= 254) and not _is_address(text):
        raise ValueError(f"must be a host name or an address, not {quoted(text)}")


def address(text: str) -> None:
    """An IPv4 or IPv6 address."""
    if not _is_address(text):
        raise ValueError(f"must be an IP address, not {quoted(text)}")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def domains(texts: Iterable[str]) -> None:
    """Mail domains, none twice; case and a dot at the end do not make a difference (RFC 1034)."""
    seen = set()
    for text in texts:
        domain = text.lower().rstrip(".")
        if not _HOST.fullmatch(domain) or len(domain) > 253:
            raise ValueError(f"{quoted(text)} is not a domain")
        if domain in seen:
            raise ValueError(f"{quoted(domain)} is there twice")
        seen.add(domain)


def services(texts: Iterable[str]) -> None:
    """Services of a host, e.g. ``smtp`` or ``smtp:2525``; no port twice."""
    ports: dict[int, str] = {}
    for text in texts:
        try:
            port = split_service(text)[1]
        except ValueError:
            service, colon, _ = text.partition(":")
            if colon and service in SERVICE_PORTS:
                raise ValueError(f"{quoted(text)} needs a port from 1 to 65535") from None
            hint = nearest(service, SERVICE_PORTS) or f"; there are {', '.join(SERVICE_PORTS)}"
            raise ValueError(f"no service is called {quoted(service)}{hint}") from None
        if port in ports:
            raise ValueError(f"{quoted(ports[port])} and {quoted(text)} are the same port")
        ports[port] = text


def mta(text: str) -> None:
    """The mail server's kind; nothing is found out."""
    known = ("postfix", "exim", "none")
    if text and text not in known:
        hint = nearest(text, known)
        raise ValueError(f'must be "postfix", "exim" or "none", not {quoted(text)}{hint}')


def login(text: str) -> None:
    """A way into a host."""
    from checks.hosts.choose import login_from

    login_from(text)


def way_in(text: str) -> None:
    """A login that there has to be."""
    login(text)
    if text in {"", "none"}:
        raise ValueError('must be "ssh:DEST": it is what the questions go through')


def paths(texts: Iterable[str]) -> None:
    """Paths on a host, which has no folder that they could be relative to."""
    for text in texts:
        if not text.startswith("/") or not text.isprintable():
            raise ValueError(f"{quoted(text)} must be a path that begins with /")


def mailbox(text: str) -> None:
    """An address that mail can be sent to."""
    if not _MAILBOX.fullmatch(text):
        raise ValueError("must be a mail address")


def audience(texts: Iterable[str]) -> None:
    """Who hears of it."""
    from app.notices.notice import AUDIENCES

    for text in texts:
        if text not in AUDIENCES:
            hint = nearest(text, AUDIENCES) or f"; there are {', '.join(AUDIENCES)}"
            raise ValueError(f"no audience is called {quoted(text)}{hint}")
    if not texts:
        raise ValueError(f"must name some of {', '.join(AUDIENCES)}")


def recipients(texts: Iterable[str]) -> None:
    """Addresses that notices go to."""
    from app.notices.mailbox import envelope

    for number, text in enumerate(texts, 1):
        try:
            envelope(text)
        except ValueError as error:
            raise ValueError(f"entry {number} {error}") from error


def place(text: str) -> None:
    """A host, by its name in the config, or a port of it."""
    host_name, colon, port = text.partition(":")
    name(host_name)
    if colon and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("must be a host's name, or name:port")


def seconds(value: float) -> None:
    """An interval or a deadline."""
    if not 0 < value <= DAY:
        raise ValueError(f"must be more than 0 and at most {DAY:.0f} seconds")


def target(value: float) -> None:
    """How long something may take at most, counted from onset."""
    if not 0 < value <= 30 * DAY:
        raise ValueError(f"must be more than 0 and at most {30 * DAY:.0f} seconds (30 days)")


def pauses(table: Mapping[str, float]) -> None:
    """Seconds by severity."""
    for severity, value in table.items():
        if severity not in list(Severity):
            hint = nearest(severity, Severity) or f"; there are {', '.join(Severity)}"
            raise ValueError(f"no severity is called {quoted(severity)}{hint}")
        seconds(value)


def zone(text: str) -> None:
    """A time zone of the tz database, e.g. Europe/Vienna; nothing is this machine's own."""
    from zoneinfo import ZoneInfo

    try:
        _ = text and ZoneInfo(text)
    except (LookupError, OSError, ValueError) as error:
        raise ValueError(f"no time zone is called {quoted(text)}") from error


def reading(text: str) -> None:
    """Something to read."""
    if not text.strip():
        raise ValueError("must not be empty")


def readings(texts: Iterable[str]) -> None:
    """Something to read, at least one."""
    for text in texts or ("",):
        reading(text)


def names(texts: Iterable[str]) -> None:
    """Names of ours, at least one."""
    for text in texts or ("",):
        name(text)


def hours(texts: Iterable[str]) -> None:
    """When somebody can be called."""
    from app.notices.contacts import windows

    windows(texts)


def minutes(value: float) -> None:
    """How long somebody may take to answer."""
    if not 0 <= value <= 1440:
        raise ValueError("must be from 0 to 1440 minutes")


def failures(value: int) -> None:
    """Failures in a row that make a state: no verdict rests on one try."""
    if not 2 <= value <= 100:
        raise ValueError("must be from 2 to 100 tries: no verdict rests on one")


def successes(value: int) -> None:
    """Successes in a row that end it."""
    if not 1 <= value <= 100:
        raise ValueError("must be from 1 to 100 tries")


POWERS = ("redfish", "ipmi", "command", "none")


def power(text: str) -> None:
    """``redfish:URL``, ``ipmi:HOST``, ``command:COMMAND`` or ``none``."""
    kind, colon, where = text.partition(":")
    if kind not in POWERS or (not where.strip() and kind != "none") or (colon and kind == "none"):
        ways = '"redfish:URL", "ipmi:HOST", "command:COMMAND" or "none"'
        raise ValueError(f"must be {ways}{nearest(kind, POWERS)}")
    match kind:
        case "redfish":
            parse(where)
        case "ipmi":
            address, _, port = where.partition(":")
            host(address)
            if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
                raise ValueError(f"{quoted(port)} is not a port from 1 to 65535")
        case "command":
            shlex.split(where)


def ups(text: str) -> None:
    """What upsc(8) takes: ``NAME@HOST`` or ``NAME@HOST:PORT``."""
    name, _, place = text.partition("@")
    if not re.fullmatch(r"[A-Za-z0-9._][A-Za-z0-9._-]*", name, re.ASCII) or not place:
        raise ValueError(f'must be "NAME@HOST", as upsc takes it, not {quoted(text)}')
    address, _, port = place.partition(":")
    host(address)
    if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"{quoted(port)} is not a port from 1 to 65535")


def queue(text: str) -> None:
    """``command:COMMAND``: what counts the queue of an MTA that we do not know."""
    kind, _, where = text.partition(":")
    if kind != "command" or not shlex.split(where):
        raise ValueError(f'must be "command:COMMAND", not {quoted(text)}')


MONITORS = ("alertmanager", "prometheus", "icinga2", "nagios", "plugin")


def monitor(text: str) -> None:
    """What kind of monitoring it is."""
    if text not in MONITORS:
        there = ", ".join(map(quoted, MONITORS))
        raise ValueError(f"must be one of {there}, not {quoted(text)}{nearest(text, MONITORS)}")


def url(text: str) -> None:
    """An http or https URL without a password in it."""
    parse(text)


def fingerprint(text: str) -> None:
    """The SHA-256 of a certificate, as ``openssl x509 -fingerprint -sha256`` prints it."""
    if text and not re.fullmatch(r"[0-9A-Fa-f]{2}(:?[0-9A-Fa-f]{2}){31}", text):
        raise ValueError("must be a SHA-256 fingerprint: 64 hexadecimal digits, with : or without")


def words(texts: Iterable[str]) -> None:
    """Words to look for in what a command prints."""
    if not all(text.strip() for text in texts):
        raise ValueError("must hold words")
