"""Asking for the queue of a host that answers what a test says."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from checks import resolver
from checks.facts import QueueFacts
from checks.hosts import Login, LoginError, Output, Stream, TimedOut
from checks.model import Host, Result, Target
from checks.queue import postfix as check_postfix
from checks.queue.postfix import Options, check

REFUSED = "connect to mail1[10.77.0.11]:25: Connection refused"


def target(login: Login | None, *, mta: str = "postfix") -> Target:
    host = Host(name="mail1", address="10.77.0.11", login=login, mta=mta)
    return Target(name="mail1", about="queue", host=host, resolver=resolver.Resolver())


def lines(count: int, *, age: float = 60) -> bytes:
    """So many messages, of many senders."""
    return b"".join(line(age=age, sender=f"user{n}@lab.test") for n in range(count))


def line(
    *,
    age: float = 60,
    queue: str = "deferred",
    reason: str = REFUSED,
    sender: str = "ana@lab.test",
) -> bytes:
    message = {
        "queue_name": queue,
        "queue_id": "6800920C2DE",
        "arrival_time": int(time.time() - age),
        "sender": sender,
        "recipients": [{"address": "bob@ext.test", "delay_reason": reason}],
    }
    return json.dumps(message).encode() + b"\n"


class Canned:
    """A login whose postqueue prints that, and whose clock is that far ahead."""

    name = "ssh:mail1"
    is_local = False

    def __init__(
        self,
        *chunks: bytes,
        status: int = 0,
        stderr: bytes = b"",
        ahead: float = 0,
        error: LoginError | None = None,
        hangs: bool = False,
        said: bytes = b"",
    ) -> None:
        self.asked: list[Sequence[str]] = []
        self._chunks = chunks
        self._output = Output(status, b"", stderr)
        self._ahead = ahead
        self._error = error
        self._hangs = hangs
        self._said = said

    async def run(self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20) -> Output:
        self.asked.append(argv)
        return Output(0, self._said or str(int(time.time() + self._ahead)).encode() + b"\n")

    async def read(self, path: str, *, deadline: float, limit: int = 1 << 20) -> bytes:
        raise NotImplementedError

    @asynccontextmanager
    async def stream(self, argv: Sequence[str], *, deadline: float) -> AsyncIterator[Stream]:
        self.asked.append(argv)
        try:
            async with asyncio.timeout(deadline):
                yield self
        except TimeoutError as error:
            raise TimedOut("postqueue did not end") from error

    async def chunks(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
        if self._hangs:
            await asyncio.sleep(3600)

    async def ended(self) -> Output:
        return await self.end()

    async def end(self) -> Output:
        if self._error:
            raise self._error
        return self._output

    async def close(self) -> None: ...


async def ask(
    login: Login | None,
    options: Options | None = None,
    *,
    mta: str = "postfix",
    deadline: float = 5,
) -> Result:
    result = await check(target(login, mta=mta), options or Options(), deadline=deadline)
    assert set(result.codes) <= set(check_postfix.FINDINGS)
    return result


def facts(result: Result) -> QueueFacts:
    assert isinstance(result.facts, QueueFacts)
    return result.facts
