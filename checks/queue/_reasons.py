"""Why mail waits: the texts of Postfix and of far servers, in groups.

A text becomes a family (the enhanced status code, RFC 3463, that a server answered) and words
without what differs from one message to the next: addresses, ids, times, counters.
"""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

from checks.facts import Reason
from checks.text import visible

REASON_LIMIT = 400
"""Characters of a reason that are looked at: the longest replies in use fit (RFC 5321, 4.5.3.1.5
allows 512 a line), and what comes behind does not change the group."""

CACHED = 2048
"""Different texts remembered, so that a text that 100,000 messages share is looked at once."""

SHOWN = 10

SOMEBODY = "<…>"
"""Stands for a mail address."""


class Words(Struct, frozen=True):
    """A reason made ready to be grouped: `shape` is its `text` without the host's name."""

    family: str
    shape: str
    text: str


# Begins where a word begins only, so that a long word is looked at once.
_HOST = r"(?<!\S)(?:name=\S+|[^\s\[]+\[[^\]\s]*\])"

_REPLY = re.compile(
    r"""(?xs)
    host \s (?P<host> [^\s\[]+ ) \[\S* \s (?: said | refused\sto\stalk\sto\sme ): \s
    (?P<code> \d\d\d ) [ -]? (?: (?P<family> [245]\.\d{1,3}\.\d{1,3} ) \b )? (?P<rest> .* )
    """
)
_DIGIT = re.compile(r"\d")

_PREFIX = "delivery temporarily suspended: "
_SUFFIX = re.compile(r" \(in reply to [^()]*\)$")


@lru_cache(CACHED)
def words(raw: str) -> Words:
    """`raw`, as Postfix has it, made ready.

    >>> words("connect to mx.ext.test[10.0.0.1]:25: Connection refused")
    Words(family='', shape='connect to …:25: Connection refused', \
text='connect to mx.ext.test[10.0.0.1]:25: Connection refused')
    >>> words("host mx.ext.test[10.0.0.1] said: 450 4.7.1 <a@b.test>: Greylisted for 297 seconds")
    Words(family='4.7.1', shape='Greylisted for # seconds', \
text='Greylisted for # seconds (mx.ext.test)')
    """
    plain = _SUFFIX.sub("", visible(raw, REASON_LIMIT).removeprefix(_PREFIX))
    reply = _REPLY.match(plain)
    if reply is None:
        text = _without_what_varies(plain)
        return Words("", re.sub(_HOST, "…", text), text)
    rest = _without_what_varies(reply["rest"]).removeprefix(f"{SOMEBODY} ") or "no reason given"
    shape = rest if reply["family"] else f"{reply['code']} {rest}"
    return Words(reply["family"] or "", shape, f"{shape} ({reply['host']})")


def _without_what_varies(text: str) -> str:
    return " ".join([word if word.isalpha() else _masked(word) for word in text.split()])


def _masked(word: str) -> str:
    if "[" in word[1:] or word.startswith("name="):
        return word  # a host: named as long as there is but one
    if "@" in word or word.startswith(SOMEBODY):
        return SOMEBODY
    if "://" in word:
        return "http…"
    return "#" if _DIGIT.search(word) else word


class Groups:
    """Counts recipients by reason, over all messages, in bounded memory."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._counts: dict[tuple[str, str], int] = {}
        self._texts: dict[tuple[str, str], str] = {}

    def add(self, raw: str, count: int) -> None:
        """`count` recipients more wait for that reason."""
        one = words(raw)
        key = one.family, one.shape
        self._counts[key] = self._counts.get(key, 0) + count
        # One host is named; several make a group of their own name.
        if self._texts.setdefault(key, one.text) != one.text:
            self._texts[key] = one.shape
        if len(self._counts) > self._limit:
            kept = sorted(self._counts, key=self._counts.__getitem__)[self._limit // 2 :]
            self._counts = {key: self._counts[key] for key in kept}
            self._texts = {key: self._texts[key] for key in kept}

    def top(self) -> tuple[Reason, ...]:
        """The most frequent, first the one that holds up most."""
        kept = sorted(self._counts.items(), key=lambda item: -item[1])[:SHOWN]
        return tuple(Reason(self._texts[key], count, key[0]) for key, count in kept)


# The first that matches names the finding; a text is looked at in small letters.
_KINDS = tuple(
    (f"queue.reason.{name}", meaning, re.compile(pattern))
    for name, meaning, pattern in (
        ("greylisted", "the far side asks to come back later", "gr[ea]y-?list"),
        ("mailbox-full", "a mailbox is over its quota", r"quota|mailbox (is )?full|^\d\.2\.2 "),
        ("storage", "no space left, here or there", r"no space left|storage|^\d\.3\.1 "),
        ("tls", "encryption or a certificate fails", r"\btls\b|ssl|certificate"),
        ("authentication", "a relay refuses our login", "sasl|authentication fail"),
        ("throttled", "the far side takes less than we send", "too many|rate|throttl|busy"),
        ("local-service", "a delivery service of this host is gone", r"\[private/|no such file"),
        ("transport", "Postfix has no such transport", "mail transport"),
        ("dns", "names of the destination are not found", "name service|not found"),
        ("refused", "the destination refuses connections", "connection refused"),
        ("timeout", "the destination does not answer", "timed out"),
        ("unreachable", "there is no way to the destination", "unreachable|no route"),
        ("lost-connection", "the destination hangs up", "lost connection|connection reset"),
        ("loop", "mail comes back to this host", r"loops? back|too many hops"),
        ("policy", "the far side has something against this mail", r"^\d\.7\.|block|reject|denied"),
    )
)

OTHER = "queue.reason.other"

FINDINGS = {code: f"mail waits: {meaning}" for code, meaning, _ in _KINDS} | {
    OTHER: "mail waits for a reason that has no name here"
}


def text(reason: Reason) -> str:
    """The reason in a line, its code first."""
    return f"{reason.family} {reason.text}" if reason.family else reason.text


def kind(reason: Reason) -> str:
    """The finding that a reason stands for.

    >>> kind(Reason("Recipient address rejected: Greylisted (mx.ext.test)", 3, "4.7.1"))
    'queue.reason.greylisted'
    """
    line = text(reason).lower()
    return next((code for code, _, pattern in _KINDS if pattern.search(line)), OTHER)
