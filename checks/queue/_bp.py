"""Reads a listing of ``exim -bp`` while it comes, and the message logs that say why mail waits.

As Exim 4.96 prints it (spec, 5.2, -bp): age, size, id, sender; then whom it is for, a ``D`` before
who has it already::

    25m  2.9K 1xVvtM-0002l4-23 <ana@lab.test> *** frozen ***
            D gone@ext.test
              waits@ext.test

The listing has no reasons. They are in the log that each message has (spec, 48.3), which the group
of the spool may read; there are as many as messages, so a part of them is read. A recipient whose
own reason is not known, or is that Exim knows already (``retry time not reached``), waits for what
others at that domain wait for: Exim, too, goes by the host.
"""

from __future__ import annotations

import re

from checks.queue._message import DEFERRED, HELD, Message, Recipient

LINE_LIMIT = 1 << 16
"""Longest line that is looked at, in bytes: an address has 320."""

RECIPIENTS_LIMIT = 10_000
"""Recipients of one message that are kept."""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_ID = r"[0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})"
"""Up to Exim 4.96, and since."""

_HEAD = re.compile(
    rf"\s*(?P<age>\d{{1,6}})(?P<unit>[mhd])\s+(?P<size>[\d.]{{1,10}})(?P<scale>[KMG]?)"
    rf"\s+(?P<id>{_ID}) <(?P<sender>.*)>(?: \([^()]*\))?(?P<frozen> \*\*\* frozen \*\*\*)?\s*"
)
_ERROR = re.compile(rf"\s*\S+\s+\S*\s*{_ID}.*\*\*\* spool ")
_SIZES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}

_OF = re.compile(rf"==> .*/({_ID}) <==")
_DEFER = re.compile(
    r"\S+ \S+ (?:\S+ )?(?P<address>\S+@\S+) .*?\bdefer \((?P<error>-?\d+)\)(?:: | )?(?P<text>.*)"
)
_HOST = re.compile(r"H=(?P<host>\S+) (?P<ip>\[[^\]\s]*\]):? ?(?P<rest>.*)")
_SAID = re.compile(
    r"SMTP error from remote mail server after [^:]*(?::<[^>]*>[^:]*)?: (?P<reply>.*)"
)

_RETRY_LATER = -54
"""ERRNO_... of "retry time not reached for any host": Exim did not even try (macros.h)."""


class Reasons:
    """What message logs say, by recipient and by domain."""

    def __init__(self, logs: str = "") -> None:
        self.logs = 0
        self._own: dict[tuple[str, str], str] = {}
        self._of_domain: dict[str, str] = {}
        queue_id = ""
        for line in logs.split("\n"):
            if of := _OF.fullmatch(line):
                queue_id = of[1]
                self.logs += 1
            elif (found := _DEFER.match(line[:2000])) and int(found["error"]) != _RETRY_LATER:
                address, text = found["address"], in_postfix_words(found["text"])
                self._own[queue_id, address] = text
                self._of_domain[address.rpartition("@")[2].lower()] = text

    def of(self, queue_id: str, address: str) -> str:
        """Why that recipient waits; empty where nothing is known."""
        domain = address.rpartition("@")[2].lower()
        return self._own.get((queue_id, address)) or self._of_domain.get(domain, "")


def in_postfix_words(text: str) -> str:
    """A reason of Exim's as Postfix would have it, so that both fall into the same groups.

    >>> in_postfix_words("H=mx.ext.test [192.0.2.1]: Connection refused")
    'connect to mx.ext.test[192.0.2.1]: Connection refused'
    >>> in_postfix_words("H=mx.ext.test [192.0.2.1]: SMTP error from remote mail server after "
    ...     "RCPT TO:<bob@ext.test>: 450 4.7.1 <bob@ext.test>: Greylisted")
    'host mx.ext.test[192.0.2.1] said: 450 4.7.1 <bob@ext.test>: Greylisted'
    """
    at = _HOST.match(text)
    rest = at["rest"] if at else text
    said = _SAID.match(rest)
    if at is None:
        return f"host remote[] said: {said['reply']}" if said else text
    host = f"{at['host']}{at['ip']}"
    return f"host {host} said: {said['reply']}" if said else f"connect to {host}: {rest}"


def arrived(queue_id: str) -> int:
    """When a message came in, by the digits of base 62 that its id begins with (spec, 3.4).

    >>> arrived("1xVvtM-0002l4-23")
    1795547364
    """
    seconds = 0
    for digit in queue_id[:6]:
        seconds = seconds * 62 + _DIGITS.index(digit)
    return seconds


class Bp:
    """Makes messages of chunks, wherever they were cut. Implements `_listing.Reader`."""

    def __init__(self, reasons: Reasons | None = None) -> None:
        self.unreadable = 0
        self._reasons = reasons or Reasons()
        self._rest = b""
        self._message: Message | None = None

    def feed(self, chunk: bytes) -> list[Message]:
        """The messages that end in the next piece."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        self._rest = self._rest[:LINE_LIMIT]
        return [one for line in lines for one in self._line(line)]

    def end(self, *, is_cut: bool) -> list[Message]:
        """What is left."""
        last = [] if is_cut else self._line(self._rest)
        return [*last, *self._take()]

    def _line(self, line: bytes) -> list[Message]:
        """Take a line; the message that ends before it."""
        text = line[:LINE_LIMIT].decode("utf-8", "replace").rstrip("\r")
        if head := _HEAD.fullmatch(text):
            before, self._message = self._take(), _begun(head)
            return before
        if not text.strip():
            return self._take()
        if self._message is None or _ERROR.match(text) or not text.startswith("        "):
            self.unreadable += 1
            return self._take()
        self._add(self._message, text)
        return []

    def _add(self, message: Message, line: str) -> None:
        """A recipient, unless it has been delivered to."""
        word, address = line[:10].strip(), line[10:].strip()
        if word != "D" and address and len(message.recipients) < RECIPIENTS_LIMIT:
            reason = self._reasons.of(message.queue_id, address)
            message.recipients.append(Recipient(address, reason))

    def _take(self) -> list[Message]:
        message, self._message = self._message, None
        return [message] if message else []


def _begun(head: re.Match[str]) -> Message:
    is_frozen = head["frozen"] is not None
    size = float(head["size"]) if head["size"].count(".") <= 1 and head["size"] != "." else 0.0
    return Message(
        queue_name=HELD if is_frozen else DEFERRED,
        arrival_time=arrived(head["id"]),
        queue_id=head["id"],
        message_size=int(size * _SIZES[head["scale"]]),
        sender=head["sender"],
        recipients=[],
        is_frozen=is_frozen,
    )
