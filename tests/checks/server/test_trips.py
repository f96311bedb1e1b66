"""How questions go to a host together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from checks.hosts import LoginError, Output, TimedOut, Unreachable
from checks.server import _trips
from tests.checks.server.asking import Far


class Counting(Far):
    """This machine over ssh; counts the trips, and holds them up while `gate` is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.trips: list[Sequence[str]] = []
        self.left, self.gate = asyncio.Event(), asyncio.Event()
        self.gate.set()

    async def run(self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20) -> Output:
        self.trips.append(argv)
        self.left.set()
        await self.gate.wait()
        return await super().run(argv, deadline=deadline, limit=limit)


async def ask(login: Far, *scripts: str, deadline: float = 10.0) -> list[bytes | str]:
    """What each printed, or the code of its error."""
    asked = (_trips.ask(login, script, script, deadline=deadline) for script in scripts)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    said: list[bytes | str] = []
    for answer in answers:
        assert isinstance(answer, Output | LoginError)
        said.append(answer.code if isinstance(answer, LoginError) else answer.stdout)
    return said


async def test_what_is_asked_in_the_same_moment_is_one_trip() -> None:
    login = Counting()
    scripts = ("printf a", "cd /; x=1; exit 3", "echo \"$x$PWD\" | grep -c 1; printf '\\n\\nb\\n'")
    assert await ask(login, *scripts) == [b"a", b"", b"0\n\n\nb\n"]
    assert len(login.trips) == 1


async def test_the_same_question_is_asked_once() -> None:
    login = Counting()
    assert await ask(login, *["date +%N; printf x >&2"] * 3)
    assert len(login.trips) == 1
    assert len(login.trips[0]) == len(("sh", "-c", "script"))


async def test_who_asks_during_a_trip_goes_with_the_next() -> None:
    login = Counting()
    login.gate.clear()
    first = asyncio.create_task(ask(login, "echo 1"))
    await login.left.wait()
    more = [asyncio.create_task(ask(login, f"echo {number}")) for number in (2, 3, 4)]
    await asyncio.sleep(0)
    login.gate.set()
    assert await first == [b"1\n"]
    assert [await one for one in more] == [[b"2\n"], [b"3\n"], [b"4\n"]]
    assert len(login.trips) == 2


async def test_one_that_hangs_blinds_the_others_once() -> None:
    login = Counting()
    hangs = "exec sleep 60"
    timeout = TimedOut.code
    assert await ask(login, "echo 1", hangs, deadline=0.5) == [timeout, timeout]
    assert await ask(login, "echo 1", hangs, deadline=0.5) == [b"1\n", timeout]


async def test_who_prints_without_end_is_cut_and_the_others_are_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_trips, "OUTPUT_LIMIT", 4096)
    login = Counting()
    asked = (_trips.ask(login, one, one, deadline=10) for one in ("echo 1", "yes", "echo 3"))
    before, cut, after = await asyncio.gather(*asked)
    assert (before.stdout, before.is_cut) == (b"1\n", False)
    assert (len(cut.stdout), cut.is_cut) == (4096, True)
    assert after.is_cut


async def test_a_line_that_drops_is_told_to_all() -> None:
    class Dropped(Far):
        async def run(
            self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20
        ) -> Output:
            raise Unreachable("the line dropped")

    assert await ask(Dropped(), "echo 1", "echo 2") == ["login.unreachable"] * 2
