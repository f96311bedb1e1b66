"""A message as a mail: its headers and its body, in lines that any relay carries. Pure.

RFC 5322 (headers), 2045 (quoted-printable: no relay has to be 8-bit clean), 3834 (nobody's holiday
notice answers it), 6532 (headers with addresses that only SMTPUTF8 carries).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, localtime

from app.notices.mailbox import envelope
from app.notices.route import Message, Route
from checks.relay import Mail

NAMED = 10
"""Most recipients who see each other: a team does, 500 users do not."""

UNDISCLOSED = "undisclosed-recipients:;"

LINE_LIMIT = 900
"""Longest line that goes as it is; relays take 998 (RFC 5322 2.1.1)."""


def compose(message: Message, route: Route, recipients: Sequence[str]) -> Mail:
    """The mail for these recipients of the route; the message is a `harmless` one."""
    addresses = tuple(map(envelope, recipients))
    sender = envelope(route.sender)
    is_utf8 = not "".join((sender, *addresses)).isascii()
    is_private = len(route.to) > NAMED
    mail = EmailMessage(policy=SMTPUTF8 if is_utf8 else SMTP)
    mail["From"] = _address(sender)
    mail["To"] = UNDISCLOSED if is_private else [_address(one) for one in addresses]
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(localtime())
    mail["Message-ID"] = _message_id(message, route, sender)
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(f"{message.text}\n", charset="utf-8", cte=_encoding(message.text))
    return Mail(
        sender=sender,
        recipients=addresses,
        content=mail.as_bytes().decode(),
        is_utf8=is_utf8,
    )


def _encoding(text: str) -> str:
    """As it is, where every relay carries it so: somebody may have to read it raw."""
    is_plain = text.isascii() and all(len(line) <= LINE_LIMIT for line in text.split("\n"))
    return "7bit" if is_plain else "quoted-printable"


def _address(address: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(username=local, domain=domain)


def _message_id(message: Message, route: Route, sender: str) -> str:
    """The same for what is sent again, so that a mailbox that has it already may know."""
    digest = hashlib.sha256(f"{message.notice}\0{route.name}".encode()).hexdigest()[:32]
    return f"<{digest}@{sender.rpartition('@')[2]}>"
