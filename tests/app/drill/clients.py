"""What ordinary mail programs see of the drill: the standard library's clients."""

from __future__ import annotations

import asyncio
import imaplib
import smtplib
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.drill.drill import Drill
from app.drill.layout import LOOPBACK

PATIENCE = 5.0


@asynccontextmanager
async def running() -> AsyncIterator[Drill]:
    """A drill that is started, and stopped whatever the test does."""
    drill = Drill()
    await drill.start()
    try:
        yield drill
    finally:
        await drill.stop()


def ports(drill: Drill) -> dict[str, int]:
    """The port of each service, read off the system as a check would."""
    found = drill.system().services("smtp", "submission", "imap", "imaps")
    return {target.about: target.port for target in found}


def trust(drill: Drill) -> ssl.SSLContext:
    """What a client that knows the drill's CA, and no other, trusts."""
    context = ssl.create_default_context(cafile=drill.system().hosts[0].ca_file)
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # Python 3.13's default
    return context


def deliver(drill: Drill, recipient: str = "", *, submit: bool = False) -> None:
    """Send one message over STARTTLS. Raises OSError (SMTPException and SSLError are)."""
    service = "submission" if submit else "smtp"
    with smtplib.SMTP(LOOPBACK, ports(drill)[service], timeout=PATIENCE) as client:
        client.starttls(context=trust(drill))
        if submit:
            client.login(drill.mailbox, drill.password)
        text = f"Subject: by {service}\r\n\r\nIs anybody there?\r\n"
        client.sendmail("operator@elsewhere.test", [recipient or drill.mailbox], text)


def read(drill: Drill, *, implicit: bool = True) -> bytes:
    """The text of every message in the mailbox."""
    known = ports(drill)
    with (
        imaplib.IMAP4_SSL(LOOPBACK, known["imaps"], ssl_context=trust(drill), timeout=PATIENCE)
        if implicit
        else imaplib.IMAP4(LOOPBACK, known["imap"], timeout=PATIENCE)
    ) as client:
        if not implicit:
            client.starttls(trust(drill))
        client.login(drill.mailbox, drill.password)
        client.select("INBOX", readonly=True)
        answer = client.fetch("1:*", "(BODY.PEEK[])")[1]
    return b"".join(part[1] for part in answer if isinstance(part, tuple))


async def symptom(drill: Drill, service: str) -> str:
    """What somebody gets who connects to `service` and waits for a greeting for half a second."""

    def ask() -> str:
        try:
            with socket.create_connection((LOOPBACK, ports(drill)[service]), timeout=0.5) as line:
                return "greets" if line.recv(100) else "closes"
        except ConnectionRefusedError:
            return "refused"
        except TimeoutError:
            return "silent"

    return await asyncio.to_thread(ask)
