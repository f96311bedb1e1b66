from __future__ import annotations

import time
from pathlib import Path

import pytest

from checks.facts import ClockFacts
from checks.hosts import Output
from checks.hosts.local import LocalLogin
from checks.model import State
from checks.server._programs import SYSTEMD
from checks.server.clock import Options, judge
from checks.skew import Skew, correction, skew
from tests.checks.server.asking import Answers, Far, ask, need_namespaces

DAY = 86400.0


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (Skew(0.4, 0.6), None),
        (Skew(29.0, 0.5), None),
        (Skew(31.0, 0.5), State.WARNING),
        (Skew(-31.0, 0.5), State.WARNING),
        # A slow way there makes it less sure, not more.
        (Skew(31.0, 1.5), None),
        (Skew(299.0, 0.5), State.WARNING),
        (Skew(301.0, 0.5), State.CRITICAL),
        (Skew(-180 * DAY, 0.5), State.CRITICAL),
    ],
)
def test_judging(found: Skew, state: State | None) -> None:
    judged = judge(found, ClockFacts(), Options())
    assert [(one.code, one.state) for one in judged] == ([("clock.skew", state)] if state else [])


@pytest.mark.parametrize(("ahead", "words"), [(2 * DAY, "ahead of"), (-2 * DAY, "behind")])
async def test_two_days_are_told_in_words(ahead: float, words: str) -> None:
    said = f"{time.time() + ahead:.0f}\nNTPSynchronized=no\n".encode()
    result = await ask("clock", Answers(Output(0, said)))
    assert result.state == State.CRITICAL
    assert result.codes == ("clock.skew", "clock.not-synchronised")
    assert result.summary.startswith(("clock 2d 0h ", "clock 1d 23h "))
    assert f"{words} ours" in result.summary


async def test_what_nobody_keeps_and_is_right_is_no_alarm() -> None:
    for said, codes in (
        ("yes", ()),
        ("no", ("clock.not-synchronised",)),
        ("maybe", ()),
    ):
        answer = f"{time.time():.0f}\nNTPSynchronized={said}\n".encode()
        result = await ask("clock", Answers(Output(0, answer)))
        assert (result.state, result.codes) == (State.OK, codes)


async def test_this_machine_is_the_measure() -> None:
    assert "our own clock" in (await ask("clock", LocalLogin())).summary
    far = await ask("clock", Far())
    assert isinstance(far.facts, ClockFacts)
    assert far.facts.ahead is not None
    assert abs(far.facts.ahead) <= far.facts.margin


async def test_a_timedated_that_hangs_does_not_hide_the_time(tmp_path: Path) -> None:
    need_namespaces()
    tool = tmp_path / "timedatectl"
    tool.write_text("#!/bin/sh\nexec sleep 60\n")
    tool.chmod(0o755)
    boot = f"mount -t tmpfs tmpfs /run; mkdir -p {SYSTEMD}; PATH={tmp_path}:$PATH; export PATH"
    result = await ask("clock", Far("unshare", "--mount", "sh", "-c", f'{boot}; "$@"', "sh"))
    assert result.state == State.OK, result.summary


@pytest.mark.parametrize("said", ["", "now", "17954340001234", "-1", "１７"])
def test_no_time_is_no_difference(said: str) -> None:
    assert skew(said, 0, 1) is None
    assert correction(said, 0, 1) == 0.0


def test_whole_seconds_correct_nothing() -> None:
    assert correction("1000", 1000.4, 1000.6) == 0.0
    assert correction("4600", 1000.4, 1000.6) == 3600.0
