from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from app.monitor import AT_ONCE, Job, Monitor, run_job
from checks.board import Board
from checks.model import CheckOptions, Host, Result, State, System, Target
from tests.boards import NOWHERE, result
from tests.trips import canary, trip

Answer = Callable[[], State]


class Asked:
    """A check that answers what it is told, and counts."""

    FINDINGS: Mapping[str, str] = {"asked.wrong": "wrong"}
    Options = CheckOptions

    def __init__(self, answer: Answer, *, takes: float = 0.0) -> None:
        self.answer = answer
        self.takes = takes
        self.asked = 0
        self.at_once = 0
        self.most_at_once = 0

    def targets(self, system: System) -> list[Target]:
        raise NotImplementedError

    async def check(self, target: Target, options: CheckOptions, *, deadline: float) -> Result:
        self.asked += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.takes)
            return replace(result(self.answer()), duration=self.takes)
        finally:
            self.at_once -= 1


def monitor(check: Asked, *, targets: int = 1, interval: float = 0.1, **options: Any) -> Monitor:
    jobs = [
        Job(
            kind="asked",
            check=check,
            target=Target(name=f"host{number}", about="asked", resolver=NOWHERE),
            options=CheckOptions(interval=interval, **options),
        )
        for number in range(targets)
    ]
    return Monitor("lab.test", jobs)


async def watch(monitor: Monitor, until: Callable[[Board], bool], within: float = 8.0) -> Board:
    """The first board of which `until` holds; the monitor is cancelled then."""
    running = asyncio.create_task(monitor.run())
    try:
        async with asyncio.timeout(within):
            async for board in monitor.boards():
                if until(board):
                    return board
        raise AssertionError("unreachable")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_failure_is_hard_after_three_quick_tries() -> None:
    check = Asked(lambda: State.CRITICAL)
    board = await watch(
        monitor(check, interval=60), lambda b: b.standings["asked/host0"].state is not None
    )
    assert board.standings["asked/host0"].state == State.CRITICAL
    assert check.asked == 3


async def test_a_sweep_asks_once_what_is_well_and_confirms_what_is_not() -> None:
    well, ill = Asked(lambda: State.OK), Asked(lambda: State.CRITICAL)
    await monitor(well).sweep()
    board = await monitor(ill).sweep()
    assert (well.asked, ill.asked) == (1, 3)
    assert board.standings["asked/host0"].state == State.CRITICAL


async def test_how_many_failures_count_is_an_option_of_the_check() -> None:
    check = Asked(lambda: State.CRITICAL)
    board = await monitor(check, failure_threshold=4).sweep()
    assert (check.asked, board.standings["asked/host0"].state) == (4, State.CRITICAL)


async def test_a_check_never_overlaps_itself() -> None:
    check = Asked(lambda: State.OK, takes=0.3)
    await watch(monitor(check, interval=0.05), lambda _: check.asked >= 4)
    assert check.most_at_once == 1


async def test_so_many_run_at_once_and_no_more() -> None:
    check = Asked(lambda: State.OK, takes=0.05)
    await monitor(check, targets=AT_ONCE * 3).sweep()
    assert check.most_at_once == AT_ONCE


async def test_starts_are_spread_over_the_interval() -> None:
    check = Asked(lambda: State.OK)
    await watch(monitor(check, targets=20, interval=1.0), lambda _: check.asked >= 60)
    assert check.most_at_once < 5


async def test_what_goes_to_one_host_together_starts_together() -> None:
    check = Asked(lambda: State.OK, takes=0.01)
    apart = monitor(check, targets=20, interval=1.0)
    jobs = [replace(job, group=f"ssh:host{n % 4}") for n, job in enumerate(apart._jobs.values())]
    together = Monitor("lab.test", jobs)
    await watch(together, lambda _: check.asked >= 60)
    assert check.most_at_once >= 5


async def test_a_costly_check_rests_in_proportion_to_what_it_took() -> None:
    check = Asked(lambda: State.OK, takes=0.2)
    one = monitor(check, interval=0.01, rest=5.0)
    running = asyncio.create_task(one.run())
    await asyncio.sleep(1.0)
    running.cancel()
    assert check.asked == 1


async def test_run_now_wakes_every_check() -> None:
    check = Asked(lambda: State.OK)
    one = monitor(check, targets=3, interval=3600)
    await watch(one, lambda _: check.asked == 3)
    running = asyncio.create_task(one.run())
    await asyncio.sleep(1.2)
    one.run_now()
    await asyncio.sleep(0.2)
    running.cancel()
    assert check.asked == 9


async def test_a_check_that_overruns_its_deadline_is_cut_off_and_said_unknown() -> None:
    check = Asked(lambda: State.OK, takes=60)
    job = next(iter(monitor(check, deadline=0.1)._jobs.values()))
    began = time.monotonic()
    answer = await run_job(job)
    assert (answer.state, answer.codes) == (State.UNKNOWN, ("check.overran",))
    assert time.monotonic() - began < 3
    assert check.at_once == 0


async def test_a_check_that_crashes_is_said_unknown_and_the_others_go_on() -> None:
    def crash() -> State:
        raise ValueError("password = hunter2 \x1b]0;x")

    job = next(iter(monitor(Asked(crash))._jobs.values()))
    answer = await run_job(job)
    assert (answer.state, answer.codes) == (State.UNKNOWN, ("check.crashed",))
    assert "hunter2" not in answer.summary
    assert "\x1b" not in answer.summary


async def test_a_cancellation_that_a_library_swallows_still_ends_the_task() -> None:
    class Swallows(Asked):
        async def check(self, target: Target, options: CheckOptions, *, deadline: float) -> Result:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
            return result(State.OK)

    one = monitor(Swallows(lambda: State.OK), deadline=60)
    running = asyncio.create_task(one.run())
    await asyncio.sleep(1.2)
    running.cancel()
    done, _ = await asyncio.wait([running], timeout=5)
    assert done


async def test_what_turns_hurries_the_same_hosts_other_checks() -> None:
    host = Host(name="mail1", address="127.0.0.1")
    ill, beside = Asked(lambda: State.CRITICAL), Asked(lambda: State.OK)
    jobs = [
        Job(
            kind="asked",
            check=check,
            target=Target(name=name, about="asked", resolver=NOWHERE, host=host),
            options=CheckOptions(interval=3600),
        )
        for name, check in (("beside", beside), ("ill", ill))
    ]
    await watch(Monitor("lab.test", jobs), lambda _: beside.asked == 2)


async def test_nothing_is_left_running_after_the_monitor_was_cancelled() -> None:
    check = Asked(lambda: State.OK, takes=30)
    one = monitor(check, targets=10)
    running = asyncio.create_task(one.run())
    await asyncio.sleep(1.2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert check.at_once == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_test_mail_that_fails_as_its_service_does_is_not_tried_again() -> None:
    port, mail = Asked(lambda: State.CRITICAL), Asked(lambda: State.CRITICAL)
    way = trip(canary("one@lab.test", "mail1"), canary("one@lab.test", "mail1"))
    targets = [way.door, Target(name="one", about="roundtrip", resolver=NOWHERE, trip=way)]
    options = CheckOptions()
    one = Monitor(
        "lab.test",
        [
            Job(kind="asked", check=check, target=target, options=options)
            for check, target in zip((port, mail), targets, strict=True)
        ],
    )
    await one.sweep()
    assert (port.asked, mail.asked) == (3, 1)
    port.answer = lambda: State.OK
    await one.sweep()
    assert (port.asked, mail.asked) == (5, 3)
    assert one.board.standings["roundtrip/one"].state == State.CRITICAL


async def test_what_turns_on_a_host_hurries_the_test_mail_that_goes_by_it() -> None:
    port, mail = Asked(lambda: State.OK), Asked(lambda: State.OK)
    way = trip(canary("one@lab.test", "mail1"), canary("one@lab.test", "mail1"))
    target = Target(name="one", about="roundtrip", resolver=NOWHERE, trip=way)
    one = Monitor(
        "lab.test",
        [
            Job(kind="asked", check=port, target=way.door, options=CheckOptions(interval=0.2)),
            Job(kind="asked", check=mail, target=target, options=CheckOptions(interval=600)),
        ],
    )
    await watch(one, lambda _: mail.asked == 1 and port.asked >= 2)
    port.answer = lambda: State.CRITICAL
    await watch(one, lambda _: mail.asked >= 3)
