"""SMTP replies (RFC 5321 4.2) with their enhanced status codes (RFC 3463): pure parsing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from checks.text import visible

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_QUEUE_ID = re.compile(r"queued as ([\w-]+)|\bid=([\w-]+)|([\w-]{6,}) [Mm]essage accepted")
_ENHANCED = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: |$)")


class NotAReply(ValueError):
    """These lines are no SMTP reply. The text says why."""


class Reply(Struct, frozen=True):
    """A reply: its code, its enhanced status code (or empty), its lines without codes."""

    code: int
    enhanced: str
    lines: tuple[str, ...]

    @property
    def is_positive(self) -> bool:
        """Whether the command was done (2yz)."""
        return self.code // 100 == 2

    @property
    def is_temporary(self) -> bool:
        """Whether it was refused for now (4yz)."""
        return self.code // 100 == 4

    @property
    def keywords(self) -> frozenset[str]:
        """The extensions that an EHLO reply lists (RFC 5321 4.1.1.1)."""
        return frozenset(line.split()[0].upper() for line in self.lines[1:] if line.strip())

    def words(self, keyword: str) -> list[str]:
        """What an EHLO reply says of an extension, e.g. the mechanisms of AUTH (RFC 4954)."""
        said = [line.upper().split() for line in self.lines[1:]]
        return next((rest for name, *rest in filter(None, said) if name == keyword), [])

    @property
    def queue_id(self) -> str:
        """The queue id that a message got; empty where none is told."""
        found = _QUEUE_ID.search(" ".join(self.lines))
        return next((word for word in found.groups() if word), "") if found else ""

    def __str__(self) -> str:
        """The reply on one line, e.g. ``554 5.7.1 no mail here``."""
        said = [line for line in self.lines if line]
        text = visible(" / ".join(said), 200)
        enhanced = "" if text.startswith(self.enhanced) else self.enhanced
        return " ".join(part for part in (str(self.code), enhanced, text) if part)


def is_continued(line: bytes) -> bool:
    """Whether a further line of the same reply has to follow."""
    return line[:3].isdigit() and line[3:4] == b"-"


def parse_reply(lines: Sequence[bytes]) -> Reply:
    """The reply that `lines`, without their ends, make up.

    A code without text is one. Every line has to carry the same code. Raises NotAReply.

    >>> parse_reply([b"554-5.7.1 Service unavailable", b"554 5.7.1 client blocked"])
    Reply(code=554, enhanced='5.7.1', lines=('5.7.1 Service unavailable', '5.7.1 client blocked'))
    """
    code = b""
    texts = []
    for at, line in enumerate(lines):
        match = _LINE.fullmatch(line)
        if not match:
            raise NotAReply(f"answered {visible(line, 100)!r}")
        if code and match[1] != code:
            raise NotAReply(f"changes its code from {code.decode()} to {match[1].decode()}")
        if (match[2] == b"-") == (at == len(lines) - 1):
            raise NotAReply("ends in the middle of a reply")
        code = match[1]
        texts.append(visible(match[3] or b""))
    if not code:
        raise NotAReply("answered nothing")
    enhanced = _ENHANCED.match(texts[0])
    return Reply(int(code), enhanced[1] if enhanced else "", tuple(texts))
