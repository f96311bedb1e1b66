"""Servers that misbehave, one misbehaviour per function, for every test that needs one.

A peer is what `asyncio.start_server` calls for a connection. `serve` puts it on a port::

    async with serve(tcp.silent) as port: ...
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

HOST = "127.0.0.1"


@asynccontextmanager
async def serve(
    peer: Peer, *, tls: ssl.SSLContext | None = None, on: socket.socket | None = None
) -> AsyncIterator[int]:
    """`peer` on a free port of 127.0.0.1, or `on` a listening socket.

    Its connections end with the context.
    """
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            with suppress(OSError, asyncio.CancelledError):
                await peer(reader, writer)
        finally:
            talks.discard(task)
            writer.transport.abort()

    place: dict[str, Any] = {"host": HOST, "port": 0} if on is None else {"sock": on}
    server = await asyncio.start_server(talk, **place, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(talks):
            task.cancel()
        if talks:
            await asyncio.wait(list(talks))
        await asyncio.sleep(0.01)  # transports close their sockets when the loop turns
