"""Peers in a thread of their own, for tests that themselves wait for a terminal."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def background(start: Callable[[AsyncExitStack], Awaitable[T]]) -> Iterator[T]:
    """What `start` answers; what it has entered is left with the context."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="peers", daemon=True)
    thread.start()
    stack = AsyncExitStack()

    async def begin() -> T:
        return await start(stack)

    try:
        yield asyncio.run_coroutine_threadsafe(begin(), loop).result(20)
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
