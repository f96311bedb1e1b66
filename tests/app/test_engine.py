from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

import pytest

from app.config import Config
from app.console.feed import Feed
from app.engine import Engine, Scene
from checks.model import Host, System, Verdict
from tests.boards import NOWHERE, board
from tests.peers import serve
from tests.peers.tcp import silent

EMPTY = Config(system=System(name="nothing", resolver=NOWHERE))


def config(port: int) -> Config:
    host = Host(name="mail1", address="127.0.0.1", services=(f"smtp:{port}",))
    return Config(system=System(name="lab.test", resolver=NOWHERE, hosts=(host,)))


def test_scenes_come_from_a_thread_of_their_own_and_stop_when_told() -> None:
    scenes: list[tuple[Scene, str]] = []
    engine = Engine(
        nullcontext(config(1)), lambda s: scenes.append((s, threading.current_thread().name))
    )
    engine.start()
    end = time.monotonic() + 10
    while not any(s.verdict.verdict == "outage" for s, _ in scenes) and time.monotonic() < end:
        time.sleep(0.05)
    engine.stop()
    assert scenes[-1][0].verdict.verdict == "outage"
    assert {name for _, name in scenes} == {"engine"}
    assert engine.error is None
    assert "engine" not in {thread.name for thread in threading.enumerate()}


async def test_stopping_does_not_wait_for_a_server_that_says_nothing() -> None:
    async with serve(silent) as port:
        engine = Engine(nullcontext(config(port)), lambda _: None)
        engine.start()
        await asyncio.sleep(0.5)
        await asyncio.to_thread(engine.stop)
        assert not engine._thread.is_alive()
    assert engine.error is None


def test_what_is_watched_is_entered_and_left_on_the_engines_loop() -> None:
    seen: list[str] = []

    @asynccontextmanager
    async def watched() -> AsyncIterator[Config]:
        seen.append(threading.current_thread().name)
        yield EMPTY
        seen.append(threading.current_thread().name)

    engine = Engine(watched(), lambda _: None)
    engine.start()
    time.sleep(0.5)
    engine.stop()
    assert seen == ["engine", "engine"]


def test_what_ends_the_engine_is_kept_for_the_screen() -> None:
    @asynccontextmanager
    async def broken() -> AsyncIterator[Config]:
        raise OSError("no space left")
        yield EMPTY

    engine = Engine(broken(), lambda _: None)
    engine.start()
    engine._thread.join(5)
    assert isinstance(engine.error, OSError)


def test_what_ends_the_monitor_is_kept_too() -> None:
    def fail(_scene: Scene) -> None:
        raise RuntimeError("the screen is gone")

    engine = Engine(nullcontext(config(1)), fail)
    engine.start()
    engine._thread.join(5)
    assert isinstance(engine.error, RuntimeError)


async def test_the_feed_brings_the_newest_only_and_never_blocks_who_feeds_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.console.feed.PAUSE", 0.2)
    shown: list[Scene] = []
    feed = Feed(shown.append)
    scenes = [Scene(board({}), Verdict(verdict="healthy", summary=str(n))) for n in range(100)]
    began = time.monotonic()
    await asyncio.to_thread(lambda: list(map(feed, scenes)))
    assert time.monotonic() - began < 0.2 * len(scenes) / 2
    await asyncio.sleep(0.5)
    assert shown[-1] is scenes[-1]
    assert len(shown) < 5
