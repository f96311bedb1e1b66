"""POP3 servers, good and bad. `speaks` is the good one; the others say what they do wrong."""

from __future__ import annotations

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter

from tests.peers import Peer

GREETING = b"+OK mx.lab.test ready\r\n"


def speaks(
    *,
    greeting: bytes = GREETING,
    tls: ssl.SSLContext | None = None,
    after_starttls: bytes | None = None,
    **answers: bytes,
) -> Peer:
    """Answers CAPA and STLS (with `tls`) properly; `answers` to commands replace that.

    After an empty answer nothing is said any more.
    """
    offers = b"STLS\r\n" if tls is not None or "STLS" in answers else b""
    known = {
        "CAPA": b"+OK\r\nTOP\r\nUIDL\r\n" + offers + b".\r\n",
        "STLS": b"+OK go\r\n",
        "QUIT": b"+OK bye\r\n",
    } | answers

    async def peer(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(greeting)
        while line := await reader.readline():
            command = line.split()[0].decode().upper()
            answer = known.get(command, b"-ERR what?\r\n")
            if not answer:
                await asyncio.sleep(3600)
            writer.write(answer)
            if command == "STLS" and answer.startswith(b"+OK"):
                await writer.drain()
                if after_starttls is not None:
                    await asyncio.sleep(0.05)
                    writer.write(after_starttls)
                elif tls is None:
                    await asyncio.sleep(3600)
                else:
                    await writer.start_tls(tls)

    return peer


def refuses() -> Peer:
    """16: greets with -ERR."""
    return speaks(greeting=b"-ERR [SYS/TEMP] overloaded\r\n")


def older_than_capa() -> Peer:
    """Knows neither CAPA nor STLS (RFC 1939 alone)."""
    return speaks(CAPA=b"-ERR unknown command\r\n")


def capabilities_for_ever() -> Peer:
    """29: never comes to the final dot."""
    return speaks(CAPA=b"+OK\r\n" + b"X-LINE\r\n" * 20000)
