"""What all checks of the server room have in common: how a host is looked at, and fails to be."""

from __future__ import annotations

import threading

import pytest

from checks.hosts import HostKeyChanged, LoginError, NeedsAnswer, Output, TimedOut
from checks.hosts.local import LocalLogin
from checks.model import State
from checks.server import _look
from checks.server._look import Question
from tests.checks.server.asking import Answers, Far, ask

KINDS = ("processes", "load", "disks", "units", "listeners", "clock", "hardware")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "error",
    [HostKeyChanged("host key changed"), NeedsAnswer("a passphrase"), TimedOut("slow")],
    ids=lambda error: error.code,
)
async def test_a_host_that_lets_us_not_in_is_unknown_with_the_reason(
    kind: str, error: LoginError
) -> None:
    result = await ask(kind, Answers(error))
    assert result.state == State.UNKNOWN
    assert result.codes == (error.code,)
    assert result.summary == f"ssh to mail1: {error}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "output",
    [
        Output(127, b"", b"sh: not found\n"),
        Output(0, b"\xff\x00\x1b]0;x\x07" * 50),
        Output(0, b"total 1\n", b"", True),
    ],
    ids=["nothing", "garbage", "cut"],
)
async def test_a_host_that_answers_nonsense_is_unknown(kind: str, output: Output) -> None:
    result = await ask(kind, Answers(output))
    assert result.state == State.UNKNOWN
    assert result.codes == ("host.unreadable",)
    assert result.summary.isprintable()


async def test_half_an_answer_is_none() -> None:
    whole = b"1.18 0.62 0.31 2/391 48112\n6831.77 13275.51\nMemTotal: 9 kB\nMemAvailable: 9 kB\n"
    whole += b"SwapTotal: 0 kB\nSwapFree: 0 kB\n"
    assert (await ask("load", Answers(Output(0, whole)))).state == State.OK
    assert (await ask("load", Answers(Output(0, whole, b"", True)))).state == State.UNKNOWN


@pytest.mark.parametrize("kind", KINDS)
async def test_a_host_without_a_login_is_unknown(kind: str) -> None:
    assert (await ask(kind, None)).codes == ("login.failed",)


@pytest.mark.parametrize("kind", KINDS)
async def test_both_ways_answer_with_phases_and_metrics(kind: str) -> None:
    for login in (LocalLogin(), Far()):
        result = await ask(kind, login)
        assert [phase.name for phase in result.phases] == ["look"]
        assert result.facts is not None
        assert result.metrics


async def test_a_look_that_hangs_costs_its_deadline_and_one_thread() -> None:
    release = threading.Event()
    question: Question[bool] = Question("a hung disk", release.wait, "", lambda _: True)
    before = threading.active_count()
    try:
        for _ in range(3):
            with pytest.raises(TimedOut, match="no answer about a hung disk"):
                await _look.look(LocalLogin(), question, deadline=0.05)
        assert threading.active_count() == before + 1
    finally:
        release.set()
    # The next one waits for the thread that hung, or starts one of its own.
    assert await _look.look(LocalLogin(), question, deadline=5)


async def test_what_fails_on_this_machine_is_said() -> None:
    def here() -> bool:
        raise PermissionError(13, "Permission denied", "/proc/meminfo")

    question: Question[bool] = Question("memory", here, "", lambda _: True)
    with pytest.raises(_look.Unreadable, match=r"PermissionError.*Permission denied"):
        await _look.look(LocalLogin(), question, deadline=5)
