"""Test mail: what is sent, how it is known again, and whether it came back whole. Pure.

The token is ``UNIXTIME-KEY``, so that a leftover tells its age by itself. Nothing answers it:
RFC 3834 (Auto-Submitted) and the older words for the same.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from email.utils import format_datetime

HEADER = "X-Mailmedic-Canary"
DOMAIN = "mailmedic.invalid"
"""Of message ids: by it a report on test mail is found."""

_TOKEN = re.compile(rb"[0-9]{1,12}-[0-9a-f]{16}")

_HEAD = """\
From: <{sender}>
To: <{recipient}>
Subject: mailmedic {stamp} {key}
Date: {date}
Message-ID: <{token}@{domain}>
{header}: {token}
Auto-Submitted: auto-generated
Precedence: bulk
X-Auto-Response-Suppress: All
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii

"""

_BODY = """\
mailmedic sent this to see whether mail flows, and deletes it by itself.
.It tells too whether the text arrives as it was sent.
Mark: {token}
"""


def new_token(at: datetime) -> str:
    """A token that nobody can guess."""
    return f"{int(at.timestamp())}-{secrets.token_hex(8)}"


def tokens_in(header: bytes) -> list[str]:
    """The tokens in header fields that a server has sent."""
    return [token.decode() for token in _TOKEN.findall(header)]


def made_at(token: str) -> datetime:
    """When a token was made."""
    return datetime.fromtimestamp(int(token.partition("-")[0]), UTC)


def compose(token: str, sender: str, recipient: str) -> bytes:
    """The whole message, with LF at the end of its lines."""
    stamp, _, key = token.partition("-")
    head = _HEAD.format(
        sender=sender,
        recipient=recipient,
        stamp=stamp,
        key=key,
        date=format_datetime(made_at(token)),
        token=token,
        header=HEADER,
        domain=DOMAIN,
    )
    return (head + _BODY.format(token=token)).encode()


def is_whole(token: str, body: bytes) -> bool:
    """Whether `body` is what was sent, whatever its line ends and the blanks at its end."""
    return _lines(body) == _lines(_BODY.format(token=token).encode())


def is_within(token: str, body: bytes) -> bool:
    """Whether `body` holds all that was sent, and more: a footer, or other MIME parts."""
    return _lines(_BODY.format(token=token).encode()) in _lines(body)


def _lines(body: bytes) -> bytes:
    return b"\n".join(line.rstrip() for line in body.splitlines()).rstrip()
