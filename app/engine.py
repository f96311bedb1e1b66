"""The engine: checks and logins in a thread of their own, with an event loop of their own.

A stalled ssh line blocks Textual's loop; nothing in here waits for it. What crosses over are
immutable values, by a callback that must not block.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from app.config import Config
from app.incident.error import LogError
from checks.board import Board
from checks.model import System, Verdict

if TYPE_CHECKING:
    from app.desk import Desk
    from app.incident.situation import Situation
    from app.monitor import Job
    from app.sop import Step

T = TypeVar("T")

STOP_WITHIN = 1.5
"""Seconds that the engine gets to close its connections; the whole program ends within 2."""


class Scene(Struct, frozen=True):
    """What there is to show at one moment; `trouble` is what is wrong with the log."""

    board: Board
    verdict: Verdict
    situation: Situation | None = None
    trouble: str = ""


class Engine:
    """Watches a system from `start` to `stop`; each new scene goes to `show`.

    What of `procedure` is automatic is ticked in the log.

    `config` is entered and left on the engine's loop, so that what is watched can be started there
    (the drill); ``nullcontext(config)`` for a system that is there anyway.
    """

    def __init__(
        self,
        config: AbstractAsyncContextManager[Config],
        show: Callable[[Scene], None],
        procedure: Sequence[Step] = (),
    ) -> None:
        self._config = config
        self._show = show
        self._procedure = procedure
        self._thread = threading.Thread(target=self._main, name="engine", daemon=True)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._monitor: Any = None
        self._desk: Desk | None = None
        self._verdict: Verdict | None = None
        self.config: Config | None = None
        """What is watched, as soon as that has begun."""
        self._leaving = ""
        self.error: BaseException | None = None

    def start(self) -> None:
        """Start to watch."""
        self._thread.start()

    @property
    def desk(self) -> Desk:
        """The incident's side; its coroutines run on the engine's loop, by `submit`."""
        if self._desk is None:
            raise RuntimeError("the engine has not begun")
        return self._desk

    def stop(self, reason: str = "") -> None:
        """Stop, and wait until connections are closed, but not longer than `STOP_WITHIN`.

        `reason` is what the incident's log says of why this session ended.
        """
        if self._thread.is_alive():
            self._leaving = reason
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(STOP_WITHIN)

    def run_now(self) -> None:
        """Run every check now."""
        self._loop.call_soon_threadsafe(lambda: self._monitor and self._monitor.run_now())

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Do `work` on the engine's loop; the future can be awaited from another loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _main(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._main_task())
        except BaseException as error:  # noqa: BLE001 - the top of the thread: kept for the screen
            self.error = error
        finally:
            self._loop.close()

    async def _main_task(self) -> None:
        async with self._config as config:
            try:
                await self._watch(config)
            finally:
                await close_logins(config.system)

    async def _watch(self, config: Config) -> None:
        """Run the monitor until `stop`; raises what ended it before."""
        # Imported here: the screen is painted before the checks' libraries are loaded.
        from app.desk import Desk
        from app.monitor import Monitor
        from app.plan import plan

        self.config = config
        jobs = plan(config)
        self._monitor = Monitor(config.system.name, jobs)
        self._desk = Desk(
            config.log.folder, config.system.name, self._tell, self._procedure, config.notices
        )
        stopped = asyncio.create_task(self._stop.wait())
        work = [
            asyncio.create_task(part)
            for part in (self._monitor.run(), self._follow(config, jobs), self._desk.run())
        ]
        try:
            done, _ = await asyncio.wait([*work, stopped], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*work, stopped):
                task.cancel()
            await asyncio.gather(*work, stopped, return_exceptions=True)
            await self._desk.leave(self._leaving)
        for task in done - {stopped}:
            task.result()

    async def _follow(self, config: Config, jobs: Sequence[Job]) -> None:
        """Show each board, and let the log and the keepers of baselines have what it shows."""
        from app.streak import Streak
        from checks.diagnosis.verdict import judge

        streak = Streak(jobs)
        async for board in self._monitor.boards():
            self._verdict = judge(board, config.severities)
            streak.saw(board, self._verdict, self.desk.situation)
            self._tell()
            with suppress(LogError):  # the situation's `trouble` says so
                await self.desk.record(board, self._verdict)

    def _tell(self) -> None:
        """Show what there is now; called from the engine's loop."""
        if self._verdict is not None:
            desk = self.desk
            self._show(Scene(self._monitor.board, self._verdict, desk.situation, desk.trouble))


async def close_logins(system: System) -> None:
    """End what the logins of hosts, vantage points and monitors hold open."""
    ways_in = [host.login for host in system.hosts] + [one.login for one in system.vantages]
    ways_in += [monitor.login for monitor in system.monitors]
    logins = {id(login): login for login in ways_in if login is not None}.values()
    await asyncio.gather(*(login.close() for login in logins), return_exceptions=True)
