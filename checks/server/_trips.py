"""Questions that are asked of a host in the same moment go there together: one round trip.

The scripts run one after the other, each in a subshell of its own, and a nonce ends what each
printed. One that hangs would blind the others: after a trip that timed out, each goes alone.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from asyncio import Future, Task
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from msgspec import Struct
from msgspec.structs import replace

from checks.hosts import Login, LoginError, Output, TimedOut

GATHERING = 0.005
"""Seconds that a trip waits for others who ask in the same moment."""

PATIENCE = 1.0
"""Seconds that it waits for the one before, which brings the next together on a slow line."""

APART = 60.0
"""Seconds for which each goes alone after one has held up the others."""

OUTPUT_LIMIT = 1 << 20
"""Bytes that a script may print. A host with 5,000 mail processes prints half of it."""

_TOGETHER = r"""
nonce=$1; shift
for script; do (eval "$script"); printf '\n%s\n' "$nonce"; done
"""


class _Asked(Struct):
    """A script that waits for the next trip, and whoever waits for its output."""

    script: str
    end: float
    answer: Future[Output | LoginError]


class _Line:
    """The way to one host: what waits for the next trip there, and the trip before."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._waiting: dict[str, _Asked] = {}
        self._before: Task[None] | None = None
        self._apart_until = 0.0

    async def ask(self, login: Login, name: str, script: str, deadline: float) -> Output:
        """What `script` printed there; who asks the same in time shares it. Raises LoginError."""
        asked = self._waiting.get(name)
        end = time.monotonic() + deadline
        if asked is None:
            asked = self._waiting[name] = _Asked(script, end, self.loop.create_future())
            if len(self._waiting) == 1:
                self._before = asyncio.create_task(self._depart(login, self._before))
        asked.end = min(asked.end, end)
        outcome = await asyncio.shield(asked.answer)
        if isinstance(outcome, LoginError):
            raise type(outcome)(str(outcome))
        return outcome

    async def _depart(self, login: Login, before: Task[None] | None) -> None:
        await asyncio.sleep(GATHERING)
        if before is not None:
            await asyncio.wait({before}, timeout=PATIENCE)
        asked, self._waiting = self._waiting, {}
        goes_apart = time.monotonic() < self._apart_until
        trips = [[one] for one in asked.values()] if goes_apart else [list(asked.values())]
        await asyncio.gather(*(self._go(login, trip) for trip in trips))

    async def _go(self, login: Login, asked: Sequence[_Asked]) -> None:
        outcomes: Sequence[Output | LoginError]
        try:
            outcomes = await _run(login, asked)
        except LoginError as error:
            if isinstance(error, TimedOut) and len(asked) > 1:
                self._apart_until = time.monotonic() + APART
            outcomes = [error] * len(asked)
        for one, outcome in zip(asked, outcomes, strict=True):
            one.answer.set_result(outcome)


async def _run(login: Login, asked: Sequence[_Asked]) -> list[Output]:
    deadline = max(0.1, min(one.end for one in asked) - time.monotonic())
    nonce = secrets.token_hex(8)
    scripts = [one.script for one in asked]
    argv = ["sh", "-c", *scripts]
    if len(asked) > 1:
        argv = ["sh", "-c", _TOGETHER, "sh", nonce, *scripts]
    limit = OUTPUT_LIMIT * len(asked)
    output = await login.run(argv, deadline=deadline, limit=limit)
    return _parts(output, nonce, len(asked))


def _parts(output: Output, nonce: str, count: int) -> list[Output]:
    """The output of each of `count` scripts, of which the last that came may be cut."""
    parts = output.stdout.split(f"\n{nonce}\n".encode())[:count]
    parts += [b""] * (count - len(parts))
    came = max((place for place, part in enumerate(parts) if part), default=0)
    return [
        replace(
            output,
            stdout=part[:OUTPUT_LIMIT],
            is_cut=len(part) > OUTPUT_LIMIT or (output.is_cut and place >= came),
        )
        for place, part in enumerate(parts)
    ]


_lines: WeakKeyDictionary[Login, _Line] = WeakKeyDictionary()


async def ask(login: Login, name: str, script: str, *, deadline: float) -> Output:
    """What `script` printed on the host of `login`; `name` is the question's. Raises LoginError."""
    line = _lines.get(login)
    if line is None or line.loop is not asyncio.get_running_loop():
        line = _lines[login] = _Line()
    return await line.ask(login, name, script, deadline)
