"""The drill's SMTP server, a process: port for incoming mail, then port for submission.

Incoming mail (RFC 5321) is taken for the drill's mailbox only; submission (RFC 6409) wants
STARTTLS and a password first, and delivers to the same mailbox: nothing is ever relayed.
"""

from __future__ import annotations

import asyncio
import mailbox
import ssl
from email.utils import formatdate
from functools import partial

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from app.drill.child import BACKLOG, main
from app.drill.layout import DOMAIN, LOOPBACK, MAILBOX, USER, Layout

HOSTNAME = f"post.{DOMAIN}"
IDENT = "ESMTP mailmedic drill"
SIZE_LIMIT = 1 << 20
"""Bytes of a message: the Maildir lies in the temp folder, which may be in memory."""


class Delivery:
    """Decides on recipients and files messages in the Maildir; the names are aiosmtpd's."""

    def __init__(self, layout: Layout) -> None:
        self._maildir = mailbox.Maildir(layout.mail)

    async def handle_EHLO(  # noqa: N802
        self,
        _server: SMTP,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        """Leave out AUTH where no password is taken: it would name no mechanism."""
        session.host_name = hostname
        return [line for line in responses if line.rstrip() != "250-AUTH"]

    async def handle_RCPT(  # noqa: N802
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Take mail for the one mailbox."""
        if address.lower() == MAILBOX:
            envelope.rcpt_tos.append(address)
            return "250 2.1.5 OK"
        if address.lower().endswith(f"@{DOMAIN}"):
            return "550 5.1.1 no such mailbox here"
        return f"550 5.7.1 this practice system delivers to {MAILBOX} only"

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """File the message, with the trace fields of RFC 5321, section 4.4."""
        trace = (
            f"Return-Path: <{envelope.mail_from}>\r\n"
            f"Received: from {session.host_name} by {HOSTNAME}; {formatdate()}\r\n"
        )
        self._maildir.add(trace.encode("utf-8", "replace") + (envelope.original_content or b""))
        return "250 2.0.0 delivered"


async def start(layout: Layout, ports: list[int], tls: ssl.SSLContext) -> None:
    """Open both ports."""
    loop = asyncio.get_running_loop()
    delivery = Delivery(layout)
    password = layout.password.read_bytes()

    def authenticate(
        _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: object
    ) -> AuthResult:
        known = ((USER.encode(), password), (MAILBOX.encode(), password))
        return AuthResult(
            success=isinstance(login, LoginPassword) and login in known, handled=False
        )

    serve = partial(
        SMTP,
        delivery,
        hostname=HOSTNAME,
        ident=IDENT,
        tls_context=tls,
        data_size_limit=SIZE_LIMIT,
        loop=loop,
    )
    incoming = partial(serve, auth_exclude_mechanism=("LOGIN", "PLAIN"))
    submission = partial(
        serve, require_starttls=True, auth_required=True, authenticator=authenticate
    )
    for make, port in zip((incoming, submission), ports, strict=True):
        await loop.create_server(make, LOOPBACK, port, reuse_port=True, backlog=BACKLOG)


if __name__ == "__main__":
    main(start)
