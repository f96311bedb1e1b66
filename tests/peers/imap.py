"""IMAP servers, good and bad. `speaks` is the good one; the others say what they do wrong."""

from __future__ import annotations

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter

from tests.peers import Peer

GREETING = b"* OK mx.lab.test ready\r\n"
CAPABILITIES = b"IMAP4rev1 AUTH=PLAIN"


def speaks(
    *,
    greeting: bytes = GREETING,
    tls: ssl.SSLContext | None = None,
    capabilities: bytes | None = None,
    after_starttls: bytes | None = None,
    **answers: bytes,
) -> Peer:
    """Answers CAPABILITY and STARTTLS (with `tls`) properly; `answers` to commands replace that.

    ``%T`` in an answer is the tag of its command. After an empty one nothing is said any more.
    """
    offers = capabilities or CAPABILITIES + (b" STARTTLS LOGINDISABLED" if tls else b"")
    known = {
        "CAPABILITY": b"* CAPABILITY " + offers + b"\r\n%T OK done\r\n",
        "STARTTLS": b"%T OK go\r\n",
        "LOGOUT": b"* BYE\r\n%T OK\r\n",
    } | answers

    async def peer(reader: StreamReader, writer: StreamWriter) -> None:
        own = dict(known)
        writer.write(greeting)
        while line := await reader.readline():
            tag, command = line.split()[:2]
            answer = own.get(command.decode().upper(), b"%T BAD what?\r\n")
            if not answer:
                await asyncio.sleep(3600)
            writer.write(answer.replace(b"%T", tag))
            if command == b"STARTTLS" and b"OK" in answer:
                await writer.drain()
                if after_starttls is not None:
                    await asyncio.sleep(0.05)
                    writer.write(after_starttls)
                elif tls is None:
                    await asyncio.sleep(3600)
                else:
                    await writer.start_tls(tls)
                    own["CAPABILITY"] = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n%T OK done\r\n"

    return peer


def says_bye() -> Peer:
    """26: greets with BYE."""
    return speaks(greeting=b"* BYE overloaded, try later\r\n")


def preauth() -> Peer:
    """27: lets everybody in."""
    return speaks(greeting=b"* PREAUTH come in\r\n", capabilities=b"IMAP4rev1 STARTTLS")


def announces_4_gb() -> Peer:
    """28: announces a literal of 4 GB."""
    return speaks(CAPABILITY=b"* CAPABILITY {4294967296}\r\n")


def untagged_for_ever() -> Peer:
    """29: never comes to the tagged line."""
    return speaks(CAPABILITY=b"* 1 EXISTS\r\n" * 20000)


def wrong_tag() -> Peer:
    """30: answers somebody else."""
    return speaks(CAPABILITY=b"* CAPABILITY IMAP4rev1\r\nX9 OK done\r\n")


def login_disabled() -> Peer:
    """31: no login in clear, and no TLS."""
    return speaks(capabilities=b"IMAP4rev1 LOGINDISABLED")
