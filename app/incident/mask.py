"""Mail and IP addresses taken out of a story, the same one always by the same name.

What names a person or a machine outside goes: mailboxes with their domains, and addresses (but
loopback and unspecified ones, which name nobody). Names of operators stay: a record of who did what
is none without them. So do host names: they are the subject.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from msgspec.structs import replace

from app.incident.entry import read
from app.incident.story import Story

_LOCAL = r"[\w.!#$%&'*+/=?^`{|}~-]"
_MAILBOX = re.compile(
    rf"(?<!{_LOCAL})(?:{_LOCAL}+|\"[^\"\n]{{1,64}}\")@((?!-)[\w.-]*\w|\[[^\]\s]+\])"
)
"""A mailbox as in RFC 5321, 4.1.2, also with letters of any language (RFC 6531)."""

_UNIT = re.compile(r"@[^@]*\.(?:service|socket|timer|mount|slice|path|target)$")
"""What looks like one and is an instance of a systemd unit (systemd.unit(5))."""

_ADDRESS = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)(?!\w)"
)
"""What may be an IPv4 or IPv6 address; `ipaddress` knows whether it is."""


def masked(story: Story) -> Story:
    """`story` without addresses. Its entries keep the hashes of the log."""
    mask = _Mask()
    entries = tuple(read(mask.value(entry.document)) for entry in story.entries)
    return replace(story, entries=entries, is_masked=True)


class _Mask:
    """Names for addresses, numbered as they come."""

    def __init__(self) -> None:
        self._names: dict[str, dict[str, str]] = {"mailbox": {}, "domain": {}, "address": {}}

    def value(self, value: Any) -> Any:
        """`value` with each text in it masked."""
        match value:
            case str():
                return self._text(value)
            case dict():
                return {self.value(key): self.value(inner) for key, inner in value.items()}
            case list():
                return [self.value(inner) for inner in value]
        return value

    def _text(self, text: str) -> str:
        if "@" in text:
            text = _MAILBOX.sub(self._mailbox, text)
        if "." in text or ":" in text:
            text = _ADDRESS.sub(self._address, text)
        return text

    def _mailbox(self, found: re.Match[str]) -> str:
        if _UNIT.search(found[0]):
            return found[0]
        box = self._name("mailbox", found[0].lower())
        return f"{box}@{self._name('domain', found[1].lower())}.invalid"

    def _address(self, found: re.Match[str]) -> str:
        text = found[0]
        for end in (len(text), len(text) - 1):  # one dot or colon after it may be of the sentence
            try:
                address = ipaddress.ip_address(text[:end])
            except ValueError:
                continue
            if address.is_loopback or address.is_unspecified:
                return text
            return self._name("address", str(address)) + text[end:]
        return text

    def _name(self, kind: str, what: str) -> str:
        names = self._names[kind]
        return names.setdefault(what, f"{kind}-{len(names) + 1}")
