"""What a log line tells: trouble of a known or unknown kind, or that something works."""

from __future__ import annotations

import re
from datetime import datetime

from msgspec import Struct

from checks.log_line import Line
from checks.server._log_lines import family
from checks.server._log_patterns import Pattern, find
from checks.server._log_shapes import shape
from checks.text import redact, visible

NAME_LIMIT = 256
"""Longest mail address (RFC 5321, 4.5.3.1.3)."""

TEXT_LIMIT = 300
"""Characters of a line that are kept as an example."""


class Event(Struct, frozen=True, kw_only=True):
    """A line that sounds like trouble. Without a `pattern` no kind is known of it."""

    at: datetime
    program: str
    shape: str
    text: str
    pattern: Pattern | None = None
    user: str = ""
    domain: str = ""
    host: str = ""
    queue_id: str = ""
    sender: str = ""
    reason: str = ""

    @property
    def code(self) -> str:
        """The code of its kind; empty where none is known."""
        return self.pattern.code if self.pattern else ""

    @property
    def tried(self) -> tuple[str, str]:
        """The service that a user tried to log in by, and the user; as `logged_in` says it."""
        return self.text.partition(":")[0], self.user.lower()


_SOUNDS_BAD = re.compile(
    r"(?i)\b(warning|error|fatal|panic|crit(ical)?|emerg|alert|failed|failure|refused|denied|"
    r"timed out|unable to|can(no|')t|no space|killed|corrupt\w*|segfault|out of memory)\b"
)

_WORKED = (
    ("login", re.compile(r"-login: Login: user=<[^>]{1,256}>")),
    ("login", re.compile(r"\bsasl_username=[^\s,]{1,256}")),
    ("login", re.compile(r" <= .* A=[\w-]{1,64}:\S{1,256}")),
    ("delivery", re.compile(
        r": to=<[^>]{1,256}>,.* relay=(?!127\.|\[?::1|localhost)[^,]*,.* status=sent ")),
    ("delivery", re.compile(r"^[\w-]+ [=-]> .*[RT]=")),
)  # fmt: skip
"""How Postfix, Dovecot and Exim say that something works."""

_LOGIN = re.compile(r"^([\w-]{1,32}-login): Login: user=<([^>]{1,256})>")

_SENDER = re.compile(r"^([0-9A-Za-z]{1,32}): from=<([^>]{0,256})>")
_EXIM_SENDER = re.compile(r"^([0-9A-Za-z]+-[0-9A-Za-z]+-[0-9A-Za-z]+) <= (\S{1,256})")


def worked(line: Line) -> str:
    """What the line shows to work: login, delivery; empty where nothing."""
    return next((what for what, pattern in _WORKED if pattern.search(line.text)), "")


def logged_in(line: Line) -> tuple[str, str] | None:
    """The service and the user of a login to Dovecot, e.g. ``imap-login`` and ``ben@lab.test``."""
    found = _LOGIN.match(line.text)
    return (found[1], visible(found[2], NAME_LIMIT).lower()) if found else None


def sender(line: Line) -> tuple[str, str] | None:
    """The queue id and sender that the line introduces."""
    for pattern in (_SENDER, _EXIM_SENDER):
        if found := pattern.match(line.text):
            name = found[2] or "<>"
            return found[1], visible(name, NAME_LIMIT)
    return None


def event(line: Line) -> Event | None:
    """The trouble that the line tells of, if any."""
    known = find(family(line.program), line.text)
    if known is None and not _SOUNDS_BAD.search(line.text[:TEXT_LIMIT]):
        return None
    pattern, named = known or (None, {})
    named = {name: visible(value, NAME_LIMIT) for name, value in named.items()}
    return Event(
        at=line.at,
        program=visible(line.program, 64),
        shape=redact(shape(line.text)),
        text=redact(visible(line.text, TEXT_LIMIT)),
        pattern=pattern,
        user=named.get("user", ""),
        domain=named.get("domain") or domain_of(named.get("user", "")),
        host=named.get("host", ""),
        queue_id=named.get("queue_id", ""),
        sender=named.get("sender", ""),
        reason=redact(named.get("reason", "")),
    )


def domain_of(address: str) -> str:
    """The domain of a mail address, in small letters; empty where there is none.

    >>> domain_of("Ana@Lab.test"), domain_of("ana")
    ('lab.test', '')
    """
    return address.rpartition("@")[2].lower() if "@" in address else ""
