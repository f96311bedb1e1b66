"""An HTTP server that keeps what it was asked and answers what it was told."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HANG = b""


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Webhook:
    """After `HANG` nothing is said."""

    says: bytes = OK
    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def __call__(self, reader: StreamReader, writer: StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        sizes = [line for line in head.split("\r\n") if line.lower().startswith("content-length")]
        size = int(sizes[0].partition(":")[2]) if sizes else 0
        self.heads.append(head)
        self.bodies.append(await reader.readexactly(size))
        if self.says == HANG:
            await asyncio.sleep(3600)
        writer.write(self.says)
        await writer.drain()
