"""Answers each question SECONDS late, or only the first QUESTIONS of them; BIND knows them."""

from __future__ import annotations

import asyncio
import sys
from asyncio import DatagramProtocol, DatagramTransport
from typing import Any

LISTEN = ("::", 5300)
SERVER = ("127.0.0.1", 53)


class Answer(DatagramProtocol):
    """Brings one answer back to who asked."""

    def __init__(self, back: DatagramTransport, client: Any, delay: float) -> None:
        self.back, self.client, self.delay = back, client, delay

    def datagram_received(self, data: bytes, address: Any) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(self.delay, self.back.sendto, data, self.client)


class Relay(DatagramProtocol):
    """Hands each question on."""

    def __init__(self, delay: float, questions: float) -> None:
        self.delay, self.left = delay, questions

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        self.left -= 1
        delay = self.delay if self.left >= 0 else 0
        asyncio.get_running_loop().create_task(self._ask(data, address, delay))

    async def _ask(self, data: bytes, client: Any, delay: float) -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: Answer(self.transport, client, delay), remote_addr=SERVER
        )
        transport.sendto(data)
        await asyncio.sleep(delay + 5)
        transport.close()


async def main(delay: float, questions: float) -> None:
    """Relay until we are ended."""
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: Relay(delay, questions), local_addr=LISTEN)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), float(sys.argv[2]) if sys.argv[2:] else float("inf")))
