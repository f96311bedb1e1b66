"""The shape of a message: what is left when names, addresses and numbers are taken out."""

from __future__ import annotations

import re
from functools import lru_cache

from checks.text import visible

SHAPE_LIMIT = 160
"""Characters of a shape: it is a row on a screen."""

WORDS_LIMIT = 40
"""Words looked at: what comes after them tells no two messages apart."""

_NUMBER = re.compile(r"[0-9]\w*", re.ASCII)
_NO_DIGIT = re.compile(r"[A-F]{6,}")
"""A queue id that happens to have none."""

_NAME = re.compile(r"[a-z]+#(-[a-z]+)+")
"""A program's name that has a number in it: ``pop3-login``."""

_HOST = re.compile(r"^[^\s\[]+\[[^\]]*\]\S*$")


def shape(text: str) -> str:
    """What `text` has in common with its like.

    >>> shape("1A9DD1DE: to=<ana@lab.test>, relay=mx.test[10.0.0.1]:25, delay=0.1, status=sent")
    '#: to=…, relay=…, delay=…, status=sent'
    >>> shape("connect to mx.out.test[10.77.9.9]:25: Connection refused")
    'connect to …: Connection refused'
    >>> shape("pop3-login: Disconnected (0 of 1)"), shape("ABCDEF: removed")
    ('pop#-login: Disconnected # of #)', '#: removed')
    """
    return _shape(_NUMBER.sub("#", text[: SHAPE_LIMIT * 3]))


@lru_cache(20_000)
def _shape(text: str) -> str:
    """The shape, once the numbers are gone: a log has few such texts, each thousands of times."""
    words = text.split(maxsplit=WORDS_LIMIT)[:WORDS_LIMIT]
    return visible(" ".join(map(_masked, words)), SHAPE_LIMIT)


@lru_cache(20_000)
def _masked(word: str) -> str:
    if word.isalpha() or word.startswith("status="):
        return word
    core = word.rstrip(":,;.)")
    tail = word[len(core) :]
    if _HOST.match(core) or "/" in core[1:]:
        return f"…{tail}"
    name, equals, value = core.partition("=")
    if equals and name.replace("_", "").isalpha():
        return f"{name}=…{tail}" if value else word
    if "@" in core or core.startswith("<"):
        return f"<…>{tail}"
    has_number = "#" in core and not _NAME.fullmatch(core)
    return f"#{tail}" if has_number or _NO_DIGIT.fullmatch(core) else word
