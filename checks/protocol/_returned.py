"""Test mail that came back: reports of it in its sender's mailbox (RFC 3462, RFC 3464)."""

from __future__ import annotations

import re
from collections.abc import Collection

from msgspec import Struct

from checks.protocol._arrivals import Look, is_leftover
from checks.protocol._login import Login
from checks.protocol._mailbox import Copy, Mailbox
from checks.protocol._testmail import DOMAIN
from checks.text import visible

_REPORT = re.compile(rb"^Content-Type:\s*multipart/report\b", re.IGNORECASE | re.MULTILINE)
_TOKEN = re.compile(rb"<([0-9]{1,12}-[0-9a-f]{16})@%s>" % re.escape(DOMAIN.encode()))
_ACTION = re.compile(rb"^Action:[ \t]*(\w+)", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(rb"^Status:[ \t]*(\d\.\d{1,3}\.\d{1,3})", re.IGNORECASE | re.MULTILINE)
_RECIPIENT = re.compile(
    rb"^Final-Recipient:[ \t]*[\w-]+;[ \t]*(\S{1,320})", re.IGNORECASE | re.MULTILINE
)
_WHY = re.compile(
    rb"^Diagnostic-Code:[ \t]*(?:[\w-]+;)?((?:[^\n]|\n(?=[ \t]))*)", re.IGNORECASE | re.MULTILINE
)


class Report(Struct, frozen=True):
    """What a report says of a message of ours; `action` is e.g. failed or delayed."""

    token: str
    action: str
    why: str


def read(header: bytes, body: bytes) -> Report | None:
    """A message as a report on test mail; None for any other message, also one that quotes it."""
    token = _TOKEN.search(body)
    if token is None or not _REPORT.search(header):
        return None
    action, status = _ACTION.search(body), _STATUS.search(body)
    said = b" ".join(_reason(body).split())
    code = status[1] if status else b""
    text = said if code in said else b" ".join((code, said))
    return Report(
        token=token[1].decode(),
        action=action[1].decode().lower() if action else "",
        why=visible(text.strip() or b"no reason given", 300),
    )


def _reason(body: bytes) -> bytes:
    """As the report has it for machines, else below the address in its text, as Exim writes it."""
    if why := _WHY.search(body):
        return why[1]
    if recipient := _RECIPIENT.search(body):
        told = re.search(
            rb"^[ \t]+%s\r?\n((?:[ \t]+\S.*\n?){1,4})" % re.escape(recipient[1]), body, re.MULTILINE
        )
        return told[1] if told else b""
    return b""


async def look_for_returned(
    tokens: Collection[str], mailbox: Mailbox, look: Look, login: Login
) -> None:
    """Log in, see which of them came back, and take the reports on them away.

    Raises what `Mailbox` does.
    """
    await mailbox.open(login)
    over = []
    for uid, header, body in await mailbox.quoting(f"@{DOMAIN}"):
        report = read(header, body)
        if report is None:
            continue
        copy = Copy(uid, report.token)
        if report.token in tokens and report.action == "failed":
            look.returned[report.token] = report.why
        if report.token in tokens or is_leftover(copy):
            over.append(copy)
    if over:
        await mailbox.remove(over)
