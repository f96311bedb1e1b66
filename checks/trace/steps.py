"""A log line as a step on a message's way."""

from __future__ import annotations

import re
from datetime import datetime

from msgspec import Struct

from checks.server._log_lines import family
from checks.text import redact, visible
from checks.trace.search import Hit

TEXT_LIMIT = 400


class Step(Struct, frozen=True, kw_only=True):
    """What a program did with a message.

    `kind` is in (taken over), queued, sent, deferred, bounced, discarded, saved (in a mailbox),
    done (gone from the queue), or note. `queue_id` is this host's, `next_id` the one under which
    the next server took it, `message_id` the message's own.
    """

    at: datetime
    host: str
    program: str
    kind: str
    text: str
    queue_id: str = ""
    next_id: str = ""
    message_id: str = ""
    sender: str = ""
    recipient: str = ""
    relay: str = ""
    reason: str = ""


_POSTFIX = (
    ("in", r"(?P<q>\w+): client=(?P<text>\S+?)(?:, sasl_method=\S+)?(?:, sasl_username=(?P<s>\S+))?"
           r"(?:, orig_queue_id=(?P<o>\w+).*)?$"),
    ("in", r"(?P<q>\w+): (?P<text>uid=\d+) from=<(?P<s>[^>]*)>"),
    ("note", r"(?P<q>\w+): (?:resent-)?message-id=(?P<m><[^>]*>|\S+)"),
    ("queued", r"(?P<q>\w+): from=<(?P<s>[^>]*)>, size=(?P<text>\d+), nrcpt=\d+"),
    ("returned", r"(?P<q>\w+): from=<(?P<s>[^>]*)>, status=(?P<why>(?:force-)?expired), returned"),
    ("status", r"(?P<q>\w+): to=<(?P<r>[^>]*)>,.* relay=(?P<relay>.*?), delay=.*"
               r" status=(?P<kind>\w+) \((?P<why>.*)\)"),
    ("done", r"(?P<q>\w+): removed"),
    ("note", r"(?P<q>\w+): (?P<text>.*)"),
)  # fmt: skip
_ID = r"(?P<q>[0-9A-Za-z]+-[0-9A-Za-z]+-[0-9A-Za-z]+) "
_EXIM = (
    ("in", _ID + r"<= (?P<s>\S+) (?P<text>(?:.*?H=\S+ )?(?:\[[^\]]*\])?).*? id=(?P<m>\S+)"),
    ("in", _ID + r"<= (?P<s>\S+) (?P<text>.*)"),
    ("sent", _ID + r"[=-]> (?P<r>.*?) R=\S+ T=(?P<relay>\S+(?: H=\S+(?: \[[^\]]*\])?)?).*?"
                   r"(?:C=\"(?P<why>[^\"]*)\")?$"),
    ("deferred", _ID + r"== (?P<r>\S+) (?:R=\S+ )?(?:T=(?P<relay>\S+) )?(?P<why>defer.*)"),
    ("bounced", _ID + r"\*\* (?P<r>[^\s:]+):? ?(?P<why>.*)"),
    ("done", _ID + "Completed"),
    ("note", _ID + "(?P<text>.*)"),
)  # fmt: skip
_DOVECOT = (
    ("saved", r"(?:lmtp|lda|sieve)\((?P<r>[^)]*)\).*msgid=(?P<m><[^>]*>): (?:saved mail to|stored "
              r"mail into mailbox) (?P<relay>.*)"),
    ("deferred", r"(?:lmtp|lda)\((?P<r>[^)]*)\).*msgid=(?P<m><[^>]*>): save failed to (?P<why>.*)"),
)  # fmt: skip
_FILTER = (
    ("note", r"(?P<q>\w+): (?P<text>.*)"),
    ("note", r"id: (?P<m><[^>]*>); queue-id: <(?P<q>\w+)>;?(?P<text>.*)"),
)
_TABLES = {
    program: tuple((kind, re.compile(pattern)) for kind, pattern in table)
    for program, table in (
        ("postfix", _POSTFIX),
        ("exim", _EXIM),
        ("dovecot", _DOVECOT),
        ("opendkim", _FILTER),
        ("rspamd", _FILTER),
    )
}

_NEXT = re.compile(r"queued as ([0-9A-Za-z]+)|\bid=([0-9A-Za-z]+-[0-9A-Za-z]+-[0-9A-Za-z]+)")

_STATUS = {"sent": "sent", "deferred": "deferred", "bounced": "bounced", "expired": "bounced"}


def step(hit: Hit) -> Step:
    """The line as a step; a note where nothing more is known of it."""
    for kind, pattern in _TABLES.get(family(hit.line.program), ()):
        if found := pattern.search(hit.line.text):
            return _step(hit, kind, found)
    return _made(hit, "note", hit.line.text, {})


def _step(hit: Hit, kind: str, found: re.Match[str]) -> Step:
    named = {name: value or "" for name, value in found.groupdict().items()}
    if kind == "status":
        kind = _STATUS.get(named["kind"], "note")
        if kind == "sent" and named["relay"] == "none":
            kind = "discarded"
    elif kind == "returned":
        kind = "bounced"
    return _made(hit, kind, named.get("text") or "", named)


def _made(hit: Hit, kind: str, text: str, named: dict[str, str]) -> Step:
    why = named.get("why", "")
    following = _NEXT.search(why) if kind == "sent" else None
    message_id = named.get("m", "")
    return Step(
        at=hit.line.at,
        host=hit.host,
        program=visible(hit.line.program, 64),
        kind=kind,
        text=redact(visible(text, TEXT_LIMIT)),
        queue_id=visible(named.get("q", ""), 64),
        next_id=visible(next(filter(None, following.groups())), 64) if following else "",
        message_id=visible(message_id.strip("<>"), 256),
        sender=visible(named.get("s", ""), 256),
        recipient=visible(_address(named.get("r", "")), 256),
        relay=visible(named.get("relay", ""), 128),
        reason=redact(visible(why, TEXT_LIMIT)),
    )


def _address(text: str) -> str:
    """The address of ``fay <fay@dept.test>``."""
    found = re.search(r"<([^>]*)>", text)
    return found[1] if found else text
