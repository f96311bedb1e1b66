"""Where a message is now, for each of its recipients, by what the logs of all hosts say. Pure."""

from __future__ import annotations

from msgspec import Struct

from checks.trace.follow import Way
from checks.trace.steps import Step


class Fate(Struct, frozen=True, kw_only=True):
    """What became of a message for one recipient.

    `end` is delivered, handed on (to a server whose logs we don't read), queued, returned,
    discarded, or unknown: the logs end before the message does.
    """

    recipient: str
    end: str
    text: str
    host: str = ""
    queue_id: str = ""
    step: Step | None = None


def fates(way: Way) -> list[Fate]:
    """One for each recipient that is named; one without a name where none is."""
    ours = {one.queue_id for one in way.steps if one.queue_id}
    last: dict[str, Step] = {}
    for one in way.steps:
        before = last.get(one.recipient)
        if one.recipient and (before is None or not _knows_less(one, before, ours)):
            last[one.recipient] = one
    found = [_fate(recipient, one, ours) for recipient, one in last.items()]
    return found or [_unnamed(way)]


def _knows_less(one: Step, before: Step, ours: set[str]) -> bool:
    """Whether a later line says less: whoever sent it on, and the MTA after the mailbox has it."""
    return before.kind == "saved" != one.kind or (one.kind == "sent" and one.next_id in ours)


def _fate(recipient: str, one: Step, ours: set[str]) -> Fate:
    text, end = _WORDS.get(one.kind, ("is known to {host}, and nothing more", "unknown"))
    if one.kind == "sent" and one.next_id in ours:
        text, end = "was sent on, and where it was taken as {next_id} the log ends", "unknown"
    elif one.kind == "sent" and _is_delivery(one):
        text, end = "was delivered by {host}: {reason}", "delivered"
    return Fate(
        recipient=recipient,
        end=end,
        text=text.format(
            host=one.host,
            relay=one.relay,
            next_id=one.next_id,
            reason=one.reason,
            as_what=f" as {one.next_id}" if one.next_id else "",
        ),
        host=one.host,
        queue_id=one.queue_id,
        step=one,
    )


_WORDS = {
    "saved": ("is in {relay} on {host}", "delivered"),
    "sent": ("was taken by {relay}{as_what}, whose log is not ours", "handed on"),
    "deferred": ("waits on {host}: {reason}", "queued"),
    "bounced": ("was returned by {host}: {reason}", "returned"),
    "discarded": ("was thrown away on {host}: {reason}", "discarded"),
}


def _is_delivery(one: Step) -> bool:
    """Whether that was the last hop: into a mailbox, not to another server."""
    is_local = one.program.rpartition("/")[2] in {"lmtp", "virtual", "local", "pipe"}
    return is_local or (one.program == "exim" and " H=" not in one.relay)


def _unnamed(way: Way) -> Fate:
    last = way.steps[-1]
    done = any(one.kind == "done" for one in way.steps)
    text = "is gone from the queue" if done else "was last seen"
    return Fate(
        recipient="",
        end="unknown",
        text=f"{text} on {last.host}: {last.program}",
        host=last.host,
        queue_id=last.queue_id,
        step=last,
    )
