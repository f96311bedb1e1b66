"""A way to a server that takes its time: every byte is half a round trip late, each way."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter

from tests.peers import HOST, Peer


def delayed(port: int, round_trip: float) -> Peer:
    """What listens on `port`, `round_trip` seconds away."""

    async def peer(reader: StreamReader, writer: StreamWriter) -> None:
        await asyncio.sleep(round_trip)  # the handshake of TCP
        there = await asyncio.open_connection(HOST, port)
        try:
            await asyncio.gather(
                _carry(reader, there[1], round_trip / 2), _carry(there[0], writer, round_trip / 2)
            )
        finally:
            there[1].transport.abort()

    return peer


async def _carry(reader: StreamReader, writer: StreamWriter, late: float) -> None:
    loop = asyncio.get_running_loop()
    while chunk := await reader.read(1 << 16):
        loop.call_later(late, writer.write, chunk)
    await asyncio.sleep(late)
    writer.close()
