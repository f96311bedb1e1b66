"""Whether a TCP packet as large as both ends agreed on arrives at an SMTP service."""

from __future__ import annotations

import asyncio
import socket

from msgspec import Struct

from checks import connect
from checks.model import Target
from checks.phases import Phases

GREETED_WITHIN, ANSWERED_WITHIN = 2.0, 3.0
"""Seconds. In the second TCP tries again three times (RFC 6298: 0.2 s and doubling)."""

HEARD_LIMIT = 4096


class Segment(Struct, frozen=True):
    """`passes` is None where nothing could be found out; `size` is the packet's, in bytes."""

    passes: bool | None = None
    size: int = 0


async def send(target: Target) -> Segment:
    """Greet, and send one NOOP that fills a packet: RFC 5321 4.1.1.9 lets it have any argument."""
    try:
        connection = await connect.connect(target, Phases(), deadline=GREETED_WITHIN)
    except (connect.NotConnected, TimeoutError):
        return Segment()
    try:
        return await _talk(connection)
    except (OSError, TimeoutError):
        return Segment()
    finally:
        connection.close()


async def _talk(connection: socket.socket) -> Segment:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(GREETED_WITHIN):
        if not (await loop.sock_recv(connection, HEARD_LIMIT)).startswith(b"220"):
            return Segment()
    room = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
    headers = 60 if connection.family == socket.AF_INET6 else 40
    size = min(room + headers + _TIMESTAMP, 1500)
    data = size - headers - _TIMESTAMP
    await loop.sock_sendall(connection, b"NOOP ".ljust(data - 2, b"x") + b"\r\n")
    try:
        async with asyncio.timeout(ANSWERED_WITHIN):
            heard = await loop.sock_recv(connection, HEARD_LIMIT)
    except TimeoutError:
        return Segment(passes=False, size=size)
    await loop.sock_sendall(connection, b"QUIT\r\n")
    return Segment(passes=bool(heard) or None, size=size)


_TIMESTAMP = 12
"""Bytes of the TCP option that Linux sends in every packet (RFC 7323)."""
