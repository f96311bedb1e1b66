"""Why a queue can't be seen, by what postqueue(1) answers, and the command that mends it.

Told by the words, which are always English: not allowed, Postfix down and a broken main.cf all
end with EX_UNAVAILABLE (Postfix 3.7).
"""

from __future__ import annotations

import re
import shlex

from msgspec import Struct

from checks.hosts import Output
from checks.queue._listing import Listing
from checks.text import redact, visible

MISSING = "queue.blind.missing"
NOT_ALLOWED = "queue.blind.not-allowed"
FAILED = "queue.blind.failed"

FINDINGS = {
    MISSING: "what lists the queue is not on this host, or may not be started",
    NOT_ALLOWED: "the MTA does not let this user see the queue",
    "queue.blind.mail-system-down": "Postfix is down, and its queue is not shown without it",
    "queue.blind.too-old": "this Postfix is older than 3.1: postqueue knows no -j",
    "queue.blind.unreadable": "something else than messages was listed",
    FAILED: "the queue could not be listed for another reason",
}

NOT_FOUND, NOT_EXECUTABLE = 127, 126

DOWN_WARNING = b"Mail system is down -- accessing queue directly"
"""What postqueue tells root on stderr; the listing is complete all the same."""

# Finding, what stderr says, the reason in words, the mend; the first that is found counts.
_KNOWN = (
    (
        NOT_ALLOWED,
        re.compile(r"User (?P<user>[\w.-]{1,64})\(\d+\) is not allowed to view", re.ASCII),
        "Postfix does not let {user} see the queue",
        'sudo postconf{at} -e "authorized_mailq_users = {user},'
        ' $(postconf{at} -h authorized_mailq_users)"',
    ),
    (
        "queue.blind.mail-system-down",
        re.compile("Queue report unavailable - mail system is down"),
        "Postfix is down, and then shows its queue to root only",
        "sudo postfix{at} start",
    ),
    (
        "queue.blind.mail-system-down",
        re.compile(DOWN_WARNING.decode()),
        "Postfix is down, and its queue can't be read from the files either: {told}",
        "sudo postfix{at} start",
    ),
    (
        "queue.blind.too-old",
        re.compile("invalid option"),
        "postqueue knows no -j: this Postfix is older than 3.1",
        "",
    ),
)


class Blind(Struct, frozen=True):
    """The finding, the reason in words, and the command that mends it, if there is one."""

    code: str
    summary: str
    mend: str = ""


def why_blind(listing: Listing, config_directory: str = "") -> Blind | None:
    """What kept postqueue from listing anything; None where nothing did."""
    output = listing.output
    if listing.tally.messages or (output.exit_status == 0 and not listing.unreadable):
        return None
    if output.exit_status == 0:
        said = "postqueue printed something else than messages"
        return Blind("queue.blind.unreadable", said)
    if output.exit_status in (NOT_FOUND, NOT_EXECUTABLE):
        is_there = output.exit_status == NOT_EXECUTABLE
        return Blind(MISSING, f"postqueue {'may not be started' if is_there else 'is not there'}")
    at = f" -c {shlex.quote(config_directory)}" if config_directory else ""
    lines = output.stderr.decode("utf-8", "replace")
    for code, pattern, said, mend in _KNOWN:
        if found := pattern.search(lines):
            known = {"at": at, "told": _complaint(output)} | found.groupdict()
            return Blind(code, said.format(**known), mend.format(**known))
    return Blind(FAILED, why_cut(output))


def why_cut(output: Output, program: str = "postqueue") -> str:
    """How the program failed; empty where it did not."""
    if output.exit_status == 0:
        return ""
    return f"{program} failed with {output.exit_status}: {_complaint(output)}"


def _complaint(output: Output) -> str:
    """The last line of stderr, without the program's name."""
    lines = output.stderr.strip().splitlines() or [b"it does not say why"]
    return redact(visible(lines[-1], 200)).removeprefix("postqueue: ").removeprefix("fatal: ")
