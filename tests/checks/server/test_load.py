from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.facts import LoadFacts
from checks.hosts.local import LocalLogin
from checks.model import State
from checks.server._look import Garbled
from checks.server.load import Options, here, judge, parse
from tests.checks.server.asking import Far, ask

DEBIAN = """\
1.18 0.62 0.31 2/391 48112
6831.77 13275.51
MemTotal:       24684084 kB
MemAvailable:   24279696 kB
SwapTotal:       2097148 kB
SwapFree:        1048572 kB
0-3,8
"""

GB = 10**9
WELL = LoadFacts(
    load=(0.4, 0.3, 0.2),
    cores=2,
    memory_total=4 * GB,
    memory_available=2 * GB,
    swap_total=GB,
    swap_free=GB,
    uptime=86400.0,
)


def test_what_debian_prints_is_read() -> None:
    seen = parse(DEBIAN)
    assert seen.load == (1.18, 0.62, 0.31)
    assert seen.cores == 5
    assert (seen.memory_total, seen.memory_available) == (24684084 * 1024, 24279696 * 1024)
    assert (seen.swap_total, seen.swap_free) == (2097148 * 1024, 1048572 * 1024)
    assert seen.uptime == 6831.77


@pytest.mark.parametrize("line", range(6))
def test_a_line_that_is_missing_is_not_made_up(line: int) -> None:
    lines = DEBIAN.splitlines(keepends=True)
    with pytest.raises(Garbled):
        parse("".join(lines[:line] + lines[line + 1 :]))


@given(st.text(alphabet="0123456789.-, \nMemSwapTotalFrAvib:k/", max_size=300))
def test_the_parser_raises_nothing_but_its_own(text: str) -> None:
    for given_text in (text, DEBIAN + text, text + "\n" + DEBIAN):
        try:
            parse(given_text)
        except Garbled:
            continue


@pytest.mark.parametrize(
    ("changes", "state", "codes"),
    [
        ({}, State.OK, []),
        ({"load": (30.0, 7.9, 1.0)}, State.OK, []),
        ({"load": (9.0, 8.0, 8.0)}, State.WARNING, ["load.high"]),
        ({"load": (900.0, 900.0, 900.0)}, State.WARNING, ["load.overload"]),
        ({"memory_available": GB * 39 // 100}, State.WARNING, ["memory.low"]),
        ({"memory_available": GB * 19 // 100}, State.CRITICAL, ["memory.exhausted"]),
        ({"swap_free": 0}, State.OK, []),
        ({"memory_available": GB * 39 // 100, "swap_total": 0, "swap_free": 0}, State.WARNING,
         ["memory.low"]),
        ({"memory_available": GB * 39 // 100, "swap_free": GB // 11}, State.CRITICAL,
         ["memory.low", "swap.full"]),
        ({"uptime": 599.0}, State.OK, ["host.rebooted"]),
        ({"uptime": 601.0}, State.OK, []),
    ],
)  # fmt: skip
def test_judging(changes: dict[str, object], state: State, codes: list[str]) -> None:
    judged = judge(replace(WELL, **changes), Options())
    assert [one.code for one in judged] == codes
    assert max((one.state for one in judged), default=State.OK) == state


async def test_the_summary_leads_to_the_problem() -> None:
    tight = Options(memory_low=1.0, memory_exhausted=1.0, rebooted=1e9, load_high=1e6)
    result = await ask("load", Far(), options=tight)
    assert result.state == State.CRITICAL
    assert re.match(r"[\d.]+ .B of [\d.]+ .B memory left; rebooted ", result.summary)
    roomy = await ask("load", Far(), options=Options(load_high=1e6, memory_low=0.0, rebooted=0.0))
    assert roomy.summary.startswith("load ")


async def test_a_reboot_is_told_and_no_alarm() -> None:
    rebooted = Options(rebooted=1e9, load_high=1e6, memory_low=0.0)
    result = await ask("load", LocalLogin(), options=rebooted)
    assert (result.state, result.codes) == (State.OK, ("host.rebooted",))
    assert result.summary.startswith("rebooted ")
    assert "; load " in result.summary


async def test_psutil_and_the_script_agree() -> None:
    result = await ask("load", Far())
    there, ours = result.facts, here()
    assert isinstance(there, LoadFacts)
    assert (there.cores, there.memory_total) == (ours.cores, ours.memory_total)
    assert (there.swap_total, there.swap_free) == pytest.approx(
        (ours.swap_total, ours.swap_free), abs=50 << 20
    )
    assert there.memory_available == pytest.approx(ours.memory_available, rel=0.1)
    assert there.uptime == pytest.approx(ours.uptime, abs=10)
    assert there.load == pytest.approx(ours.load, abs=2)
