"""A way to a server that takes its time: every byte is half a round trip late, each way."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections import Counter

from tests.peers import HOST, Peer


def delayed(
    port: int, round_trip: float, *, address: str = HOST, passed: Counter[str] | None = None
) -> Peer:
    """What listens on `port`, `round_trip` seconds away; `passed` counts the bytes both ways."""

    async def peer(reader: StreamReader, writer: StreamWriter) -> None:
        await asyncio.sleep(round_trip)  # the handshake of TCP
        there = await asyncio.open_connection(address, port)
        try:
            await asyncio.gather(
                _carry(reader, there[1], round_trip / 2, passed),
                _carry(there[0], writer, round_trip / 2, passed),
            )
        finally:
            there[1].transport.abort()

    return peer


async def _carry(
    reader: StreamReader, writer: StreamWriter, late: float, passed: Counter[str] | None
) -> None:
    loop = asyncio.get_running_loop()
    while chunk := await reader.read(1 << 16):
        loop.call_later(late, writer.write, chunk)
        if passed is not None:
            passed["bytes"] += len(chunk)
    await asyncio.sleep(late)
    writer.close()
