"""Runs every check on its interval and keeps the board: an async stream of boards.

Each check has a task of its own, so none overlaps itself and none waits for another beyond the
bound on how many run at once. A state that turns is confirmed by quick retries (`checks.board`).
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

from msgspec import Struct

from checks.board import Board, Standing
from checks.diagnosis.trips import is_explained
from checks.model import CheckOptions, Finding, Result, State, Target, now
from checks.phases import Phases
from checks.registry import Check
from checks.text import redact, visible

AT_ONCE = 256
"""Checks under way at one time: with 50 slots, 100 services that hang made 200 wait for two
deadlines. A connection each leaves most of the usual 1,024 file descriptors."""

RETRY_PAUSE = 0.5
"""Seconds between the quick retries that confirm a turn: 3 s + 2 retries stay below 5 s."""

START_SPREAD = 1.0
"""Seconds over which the first round is spread, so that the screen fills without a burst."""

BEATS = 10
"""Groups of starts in an interval: checks that run side by side cost half of what they cost
one by one, each with cold caches."""

GROUP_GRID = 10.0
"""Seconds of the grid that a group shares, whose intervals are multiples of it."""

TELL_PAUSE = 2.0
"""Seconds between two boards while no state turns: what a person can follow on a slow line."""

GRACE = 0.5
"""Seconds that a check may overrun its deadline before it is cut off."""

FINDINGS = {
    "check.overran": "the check did not keep its deadline and was cut off: a bug of mailmedic",
    "check.crashed": "the check ended by an error: a bug of mailmedic",
}


class Job(Struct, frozen=True, kw_only=True):
    """One check of one target, with its options. Jobs of one `group` start together."""

    kind: str
    check: Check
    target: Target
    options: CheckOptions
    group: str = ""


class Monitor:
    """Runs `jobs` until cancelled; `board` is always the newest."""

    def __init__(self, system: str, jobs: Sequence[Job]) -> None:
        self._jobs = {job.target.id: job for job in jobs}
        self.board = Board(
            system=system,
            at=now(),
            standings={
                id_: Standing(
                    kind=job.kind,
                    target=job.target,
                    interval=job.options.interval,
                    rest=job.options.rest,
                    failure_threshold=job.options.failure_threshold,
                    success_threshold=job.options.success_threshold,
                )
                for id_, job in self._jobs.items()
            },
        )
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._changed = asyncio.Event()
        self._turned = asyncio.Event()
        self._hurry = {id_: asyncio.Event() for id_ in self._jobs}

    async def run(self) -> None:
        """Run every check on its interval, for ever."""
        began = asyncio.get_running_loop().time()
        places: dict[str, int] = {}
        async with asyncio.TaskGroup() as tasks:
            count = max(1, len(self._jobs))
            for place, job in enumerate(self._jobs.values()):
                first = places.setdefault(job.group or job.target.id, place)
                repeated = self._repeat(job, began, share=first / count)
                tasks.create_task(repeated, name=job.target.id)

    async def sweep(self) -> Board:
        """Run every check once, with the retries that confirm it; the board after that.

        Test mail is tried again when the services are settled: what these explain it need not.
        """
        settled = asyncio.Event()
        jobs = self._jobs.values()
        async with asyncio.TaskGroup() as tasks:
            for job in (job for job in jobs if job.target.trip is not None):
                tasks.create_task(self._confirm(job, settled), name=job.target.id)
            async with asyncio.TaskGroup() as others:
                for job in (job for job in jobs if job.target.trip is None):
                    others.create_task(self._confirm(job), name=job.target.id)
            settled.set()
        return self.board

    async def boards(self) -> AsyncIterator[Board]:
        """The board now, and the newest whenever it has changed; at once where a state turned."""
        while True:
            self._changed.clear()
            self._turned.clear()
            yield self.board
            await self._changed.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(TELL_PAUSE):
                    await self._turned.wait()

    def run_now(self) -> None:
        """Start every check that is waiting for its next turn."""
        for event in self._hurry.values():
            event.set()

    async def _repeat(self, job: Job, began: float, *, share: float) -> None:
        """Run `job` on a grid of its interval; `share` (0 to 1) is its place on the grid."""
        clock = asyncio.get_running_loop().time
        interval = job.options.interval
        began += int(share * BEATS) / BEATS * (min(interval, GROUP_GRID) if job.group else interval)
        await asyncio.sleep(share * START_SPREAD)
        while True:
            is_soft = await self._run_once(job) and not self._is_explained(job)
            if self.board.standings[job.target.id].tries == 1:
                self._hurry_beside(job)
            await asyncio.sleep(self._rest(job))
            to_next = interval - (clock() - began) % interval
            await self._sleep(job, RETRY_PAUSE if is_soft else to_next)

    def _rest(self, job: Job) -> float:
        """Seconds for which not even `run_now` starts it again: a costly check stays gentle."""
        return job.options.rest * self.board.standings[job.target.id].result_duration

    def _hurry_beside(self, job: Job) -> None:
        """A check has turned: ask the same host's others now, so that the scope is known soon."""
        for id_, other in self._jobs.items():
            if job.target.host is not None and job.target.host in other.target.on_the_way:
                self._hurry[id_].set()

    async def _sleep(self, job: Job, seconds: float) -> None:
        hurry = self._hurry[job.target.id]
        try:
            async with asyncio.timeout(seconds):
                await hurry.wait()
        except TimeoutError:
            pass
        hurry.clear()

    async def _confirm(self, job: Job, settled: asyncio.Event | None = None) -> None:
        while await self._run_once(job):
            if settled is not None:
                await settled.wait()
            if self._is_explained(job):
                break
            await self._sleep(job, RETRY_PAUSE)

    def _is_explained(self, job: Job) -> bool:
        """Whether trying again would only cost time."""
        return is_explained(self.board, self.board.standings[job.target.id])

    async def _run_once(self, job: Job) -> bool:
        """Run `job` and put the result on the board; whether it still needs confirming."""
        async with self._slots:
            result = await run_job(job)
        _insist_on_cancellation()
        turns = self.board.turns
        self.board = self.board.take(job.target.id, result, now())
        self._changed.set()
        if self.board.turns is not turns:
            self._turned.set()
        return self.board.standings[job.target.id].is_soft


def _insist_on_cancellation() -> None:
    """End a task that was told to end while a library held it.

    asyncio.wait_for loses a cancellation that arrives together with its result (CPython #86296,
    mended in 3.12); icmplib uses it.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def run_job(job: Job) -> Result:
    """The result of `job`, whatever the check does: this is the top of a task."""
    phases = Phases()
    deadline = job.options.deadline
    try:
        async with asyncio.timeout(deadline + GRACE):
            return await job.check.check(job.target, job.options, deadline=deadline)
    except TimeoutError:
        finding = Finding("check.overran")
        return phases.result(State.UNKNOWN, f"no answer by its deadline of {deadline:g} s", finding)
    except Exception as error:  # noqa: BLE001 - the top of a task: recorded, never fatal
        lines = traceback.format_exception_only(error)
        text = redact(visible("".join(lines)))
        return phases.result(State.UNKNOWN, f"check failed: {text}", Finding("check.crashed", text))
