"""HTTP servers, good and bad; what any TCP server may do is in `tests.peers.tcp`."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable

from tests.peers import Peer


def answers(head: str, body: bytes = b"", *, endless: bytes = b"") -> Peer:
    """Answers the first request so, and then says `endless` for ever."""

    async def peer(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head.replace("\n", "\r\n").encode() + body)
        while endless:
            if reader.at_eof() or writer.is_closing():
                return
            writer.write(endless)
            await writer.drain()
            await asyncio.sleep(0)
        await writer.drain()
        await asyncio.sleep(0.05)

    return peer


def tells(body: bytes, status: str = "200 OK") -> Peer:
    """Answers that, and closes."""
    head = f"HTTP/1.1 {status}\nContent-Length: {len(body)}\nConnection: close\n\n"
    return answers(head, body)


def serves(content: Callable[[str], tuple[int, bytes]]) -> Peer:
    """Answers every request, by its path and query, on a connection that it keeps."""

    async def peer(reader: StreamReader, writer: StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            status, body = content(head.split()[1].decode())
            writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\n\r\n".encode())
            writer.write(body)
            await writer.drain()

    return peer


CHUNKED = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n"

ENDLESS_BODY = answers(CHUNKED, endless=b"1000\r\n" + b"[" * 4096 + b"\r\n")
ENDLESS_HEAD = answers("HTTP/1.1 200 OK\n", endless=b"X-Long: " + b"x" * 4096)
ENDLESS_HEADERS = answers("HTTP/1.1 200 OK\n", endless=b"X-Many: 1\r\n" * 500)
ENDLESS_CONTINUE = answers("", endless=b"HTTP/1.1 100 Continue\r\n\r\n" * 200)
CUT_SHORT = answers("HTTP/1.1 200 OK\nContent-Length: 1000\n\n", b"[")
BAD_CHUNK = answers(CHUNKED, b"zz\r\n")
NO_HTTP = answers("220 mail ESMTP\n")
REDIRECT = answers("HTTP/1.1 302 Found\nLocation: http://192.0.2.1/\nContent-Length: 0\n\n")
