"""The life of a server process of the drill: how it starts, reloads and ends.

Each line on stdin says "load the certificate"; after the first one the server also opens its
ports. Each is answered with `READY` on stdout. The end of stdin is the end of the process.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import ssl
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from app.drill.layout import Layout

READY = b"ready\n"

BACKLOG = 1024
"""Connections the kernel takes for a frozen server: with the usual 100 it would, minutes into a
drill, stop answering SYNs, and the fault would change its face."""

_PR_SET_PDEATHSIG = 1
"""<linux/prctl.h>"""

Start = Callable[[Layout, list[int], ssl.SSLContext], Awaitable[None]]


def main(start: Start) -> None:
    """Run the server that `start` starts; argv holds the drill's folder, then the ports."""
    _die_with_parent()
    logging.disable(logging.CRITICAL)  # stderr is for what kept us from starting
    folder, *ports = sys.argv[1:]
    asyncio.run(_live(start, Layout(Path(folder)), list(map(int, ports))))


def _die_with_parent() -> None:
    """Be killed when the parent dies: a stopped process can't see its stdin end (prctl(2))."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


async def _live(start: Start, layout: Layout, ports: list[int]) -> None:
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
    )
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    is_started = False
    while await orders.readline():
        tls.load_cert_chain(layout.certificate, layout.key)  # counts from the next handshake on
        if not is_started:
            await start(layout, ports, tls)
            is_started = True
        sys.stdout.buffer.write(READY)
        sys.stdout.flush()
    os._exit(0)  # nothing to save, and pymap's threads need not be waited for
