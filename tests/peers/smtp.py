"""SMTP servers, good and bad. `speaks` is the good one; the others say what they do wrong."""

from __future__ import annotations

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter

from tests.peers import Peer

BANNER = b"220 mx.lab.test ESMTP\r\n"
EHLO = b"250-mx.lab.test\r\n250-SIZE 1000000\r\n250 ENHANCEDSTATUSCODES\r\n"
EHLO_STARTTLS = b"250-mx.lab.test\r\n250-STARTTLS\r\n250 ENHANCEDSTATUSCODES\r\n"
STALL = b""


def speaks(
    *,
    banner: bytes = BANNER,
    tls: ssl.SSLContext | None = None,
    after_starttls: bytes | None = None,
    **answers: bytes,
) -> Peer:
    """Answers EHLO and STARTTLS (with `tls`) properly; `answers` to commands replace that.

    Where the answer is `STALL` nothing is said any more. `after_starttls` is said in clear in
    place of the handshake.
    """
    offered = EHLO if tls is None and "STARTTLS" not in answers else EHLO_STARTTLS
    known = {"EHLO": offered, "HELO": b"250 mx\r\n", "QUIT": b"221 bye\r\n"}
    known["STARTTLS"] = b"220 2.0.0 go\r\n"
    known |= answers

    async def peer(reader: StreamReader, writer: StreamWriter) -> None:
        own = dict(known)
        writer.write(banner)
        while line := await reader.readline():
            command = line.split()[0].decode().upper()
            answer = own.get(command, b"500 5.5.1 what?\r\n")
            if answer == STALL:
                await asyncio.sleep(3600)
            writer.write(answer)
            if command == "STARTTLS" and answer.startswith(b"220"):
                await _upgrade(writer, tls, after_starttls)
                own["EHLO"] = answers.get("EHLO_TLS", EHLO)

    return peer


async def _upgrade(writer: StreamWriter, tls: ssl.SSLContext | None, instead: bytes | None) -> None:
    await writer.drain()
    if instead is not None:
        await asyncio.sleep(0.05)
        writer.write(instead)
    elif tls is None:
        await asyncio.sleep(3600)
    else:
        await writer.start_tls(tls)


def greets(code_and_text: bytes) -> Peer:
    """16: greets with a refusal, e.g. 421, 450, 554."""
    return speaks(banner=code_and_text + b"\r\n")


def refuses_ehlo() -> Peer:
    """21: knows HELO only."""
    return speaks(EHLO=b"502 5.5.1 not implemented\r\n")


def refuses_starttls() -> Peer:
    """20: offers STARTTLS, and refuses it."""
    return speaks(STARTTLS=b"454 4.7.0 TLS not available\r\n")


def strips_starttls() -> Peer:
    """20: what is left when somebody between takes STARTTLS out."""
    return speaks(EHLO=b"250-mx.lab.test\r\n250-XXXXXXXA\r\n250 SIZE\r\n")


def injects_behind_starttls(tls: ssl.SSLContext) -> Peer:
    """20: slips a reply in behind the 220, in clear (CVE-2021-33515 and its kind)."""
    return speaks(tls=tls, STARTTLS=b"220 go\r\n250 injected\r\n")


def stalls_behind_starttls() -> Peer:
    """20: says 220, and never starts TLS."""
    return speaks(STARTTLS=b"220 go\r\n")


def plain_behind_starttls() -> Peer:
    """20: says 220, and goes on in clear."""
    return speaks(STARTTLS=b"220 go\r\n", after_starttls=b"250 what handshake?\r\n")


def talks_early() -> Peer:
    """12: answers EHLO before it is sent."""
    return speaks(banner=BANNER + EHLO)


def pauses_as_postscreen() -> Peer:
    """17: the first line of its greeting at once, the rest much later."""
    return speaks(banner=b"220-mx.lab.test ESMTP\r\n")
