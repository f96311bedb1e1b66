"""What a server of any protocol may do; the numbers are those of the design's list."""

from __future__ import annotations

import asyncio
import socket
import struct
from asyncio import StreamReader, StreamWriter

from tests.peers import Peer

EVER = 3600.0


async def silent(reader: StreamReader, writer: StreamWriter) -> None:
    """3: accepts, and says nothing."""
    await asyncio.sleep(EVER)


async def closes(reader: StreamReader, writer: StreamWriter) -> None:
    """4: accepts, and closes at once."""
    writer.close()


async def resets(reader: StreamReader, writer: StreamWriter) -> None:
    """5: accepts, and resets after the first byte."""
    writer.write(b"2")
    await writer.drain()
    await asyncio.sleep(0.02)
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def trickles(reader: StreamReader, writer: StreamWriter) -> None:
    """6: one byte a second, for ever."""
    while True:
        writer.write(b"2")
        await writer.drain()
        await asyncio.sleep(1)


async def endless_line(reader: StreamReader, writer: StreamWriter) -> None:
    """7: 100 MB without a newline."""
    for _ in range(1600):
        await _push(reader, writer, b"2" * 65536)


def endless_lines(line: bytes) -> Peer:
    """8: well-formed lines, for ever."""

    async def peer(reader: StreamReader, writer: StreamWriter) -> None:
        while True:
            await _push(reader, writer, line * 500)

    return peer


async def _push(reader: StreamReader, writer: StreamWriter, said: bytes) -> None:
    """Say it to somebody who still listens; under TLS asyncio's `drain` does not notice."""
    if reader.at_eof() or writer.is_closing():
        raise ConnectionResetError
    writer.write(said)
    await writer.drain()
    await asyncio.sleep(0)


def says(said: bytes) -> Peer:
    """9, 10, 11, 15: says this, and nothing more; closes when it is left."""

    async def peer(reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(said)
        while await reader.read(4096):
            pass

    return peer


async def half_closes(reader: StreamReader, writer: StreamWriter) -> None:
    """14: says that it will not say anything, and stays."""
    writer.write_eof()
    await asyncio.sleep(EVER)


HTTP = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
SSH = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"
TLS_ALERT = b"\x15\x03\x01\x00\x02\x02\x28"
JUNK = b"\x00\xff\xfe\x80 caf\xe9\r\n"

HOSTILE = "\x1b]52;c;aGFja2Vk\x07\x1b[2J\x9b31m[bold][/red][@click=app.quit] a\u202eb".encode()
"""10: sets the clipboard, clears the screen, colours, marks up, and turns the text round."""
