"""Tag lists, ``v=DMARC1; p=reject``: how DKIM, DMARC and MTA-STS write records (RFC 6376 3.2)."""

from __future__ import annotations

import re

from checks.text import visible

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class BadTags(ValueError):
    """The text is no tag list. The error's text says where."""


def parse_tags(text: str) -> dict[str, str]:
    """The tags and their values, without the blanks around them. Raises BadTags.

    >>> parse_tags("v=DKIM1; k=rsa; p=MIGf; ")
    {'v': 'DKIM1', 'k': 'rsa', 'p': 'MIGf'}
    """
    found: dict[str, str] = {}
    for part in text.split(";"):
        if not part.strip():
            continue
        name, equals, value = part.partition("=")
        name = name.strip()
        if not equals or not _NAME.fullmatch(name):
            raise BadTags(f"“{visible(part.strip(), 60)}” is not written tag=value")
        if name in found:
            raise BadTags(f"tag {name} stands there twice")
        found[name] = value.strip()
    return found
