"""The queue of any other MTA: real commands that count it, and what they may say instead."""

from __future__ import annotations

import json
import os
import re
import textwrap
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import resolver
from checks.facts import QueueFacts
from checks.hosts import Login
from checks.hosts.local import LocalLogin
from checks.model import Host, Result, State, System
from checks.queue import _trend, counts, exim, postfix
from checks.queue._trend import Look
from checks.queue.counts import Counts, Garbled, Options, check, parse, targets

README = Path(__file__).parents[3] / "README.md"


def system(*words: str, login: Login | None = None) -> System:
    host = Host(name="mail3", address="::1", login=login or LocalLogin(), queue=words)
    return System(name="Lab", resolver=resolver.Resolver(), hosts=(host,))


async def ask(*words: str, login: Login | None = None, deadline: float = 10) -> Result:
    (target,) = targets(system(*words, login=login))
    result = await check(target, Options(), deadline=deadline)
    assert set(result.codes) <= set(counts.FINDINGS)
    return result


def script(path: Path, *lines: str) -> str:
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return str(path)


def test_a_host_whose_queue_a_command_counts_is_asked_for_no_other() -> None:
    with_command, without = system("count"), system()
    assert [one.id for one in targets(with_command)] == ["queue/mail3"]
    assert targets(without) == []
    for other in (postfix, exim):
        assert other.targets(with_command) == []
        assert len(other.targets(without)) == 1


async def test_what_a_command_prints_is_judged_as_any_queue_is(tmp_path: Path) -> None:
    count = script(tmp_path / "count", 'echo active 3; echo "deferred $1"; echo oldest 7200')
    result = await ask(count, "12 x")
    assert result.codes == ("queue.blind.unreadable",), "no shell has split what was one word"
    result = await ask(count, "12")
    assert (result.state, result.codes) == (State.WARNING, ("queue.old",))
    assert result.summary == "mail waits for 2h 0m; 3 active, 12 deferred"
    assert isinstance(result.facts, QueueFacts)
    assert (result.facts.active, result.facts.deferred, result.facts.arrivals) == (3, 12, None)
    assert result.facts.oldest is not None


@pytest.mark.parametrize(
    ("line", "state", "summary"),
    [
        ("echo deferred 0; echo oldest 99999", State.OK, "queue is empty"),
        ("echo hold 4; echo oldest 99999", State.OK, "4 on hold"),
        ("echo deferred 5", State.OK, "5 deferred, for how long is not told"),
        ("echo incoming 5; echo oldest 20000", State.CRITICAL, "mail waits for 5h 33m; "),
        ("echo no rights >&2; exit 3", State.UNKNOWN, "count failed with 3: no rights"),
        ("echo deferred 5; exit 1", State.UNKNOWN, "count failed with 1: it does not say why"),
        ("exit 127", State.UNKNOWN, "count is not there"),
        ("", State.UNKNOWN, "count printed no counts: neither active, deferred, "),
        ("echo oldest 5", State.UNKNOWN, "count printed no counts: neither active, deferred, "),
        ("echo Mail queue is empty", State.UNKNOWN, "count printed no counts: Mail queue is empty"),
        ("echo deferred 1,200", State.UNKNOWN, "count printed no counts: deferred 1,200"),
        ("echo deferred -3", State.UNKNOWN, "count printed no counts: deferred -3"),
        (
            "echo deferred 5; echo oldest 99999999999",
            State.UNKNOWN,
            "count printed no counts: oldest 99999999999",
        ),
        (r"printf 'password=hunter2\033[2J\n'", State.UNKNOWN, "count printed no counts: passw"),
        ("yes deferred 1", State.UNKNOWN, "count printed more than counts: 16,384 bytes"),
        ("sleep 60", State.UNKNOWN, ""),
    ],
)
async def test_each_answer_is_told_as_what_it_is(
    tmp_path: Path, line: str, state: State, summary: str
) -> None:
    login = LocalLogin({"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    script(tmp_path / "count", line)
    result = await ask("count", login=login, deadline=1 if "sleep" in line else 10)
    assert (result.state, result.summary[: len(summary)]) == (state, summary)
    assert result.summary.isprintable()
    assert "hunter2" not in result.summary
    assert (result.facts is None) == (state == State.UNKNOWN)


async def test_without_an_age_a_queue_that_grows_for_minutes_is_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = [Look(time.monotonic() - ago, 10) for ago in (400, 200)]
    monkeypatch.setitem(_trend._looks, "queue/mail3", deque(begun))
    result = await ask("echo", "deferred", "400")
    assert (result.state, result.codes) == (State.WARNING, ("queue.growing",))


NUMBERS = st.integers(0, 10**10 - 1)
ANSWERS = st.builds(
    Counts, active=NUMBERS, deferred=NUMBERS, hold=NUMBERS, oldest=st.none() | NUMBERS
)


@given(ANSWERS)
def test_counts_are_read_however_they_are_written(answer: Counts) -> None:
    told = {
        name: value
        for name in answer.__struct_fields__
        if (value := getattr(answer, name)) is not None
    }
    assert parse(json.dumps(told)) == answer
    assert parse(json.dumps(told, indent=1)) == answer
    for between in (" ", "=", ": ", "\t"):
        assert parse("".join(f"{name}{between}{value}\n" for name, value in told.items())) == answer


@given(st.text())
def test_any_other_text_is_refused_in_words_that_can_be_shown(text: str) -> None:
    said = ""
    try:
        parse(text)
    except Garbled as error:
        said = str(error)
    assert said.isprintable()


def readme_script() -> str:
    """The one for OpenSMTPD."""
    found = re.search(r"(?m)^    #!/bin/sh\n(?:    .*\n)+", README.read_text())
    assert found is not None
    return textwrap.dedent(found[0])


def envelope(run: str, age: int) -> str:
    """As smtpctl(8), show queue, has it."""
    at = int(time.time()) - age
    addresses = "ana@lab.test|b@ext.test|b@ext.test"
    return f"1c4f3a1ce6ab5d07|local|mta||{addresses}|{at}|{at + 345600}|0|0|{run}|7|refused"


@pytest.mark.parametrize(
    ("envelopes", "state", "summary"),
    [
        ((), State.OK, "queue is empty"),
        ((("pending", 10), ("inflight", 20), ("pending", 5)), State.OK, "1 active, 2 deferred"),
        ((("pending", 10), ("pending", 9000)), State.WARNING, "mail waits for 2h 30m; 2 def"),
    ],
)
async def test_the_script_of_the_readme_counts_what_smtpctl_lists(
    tmp_path: Path, envelopes: Sequence[tuple[str, int]], state: State, summary: str
) -> None:
    (tmp_path / "list").write_text("".join(f"{envelope(*one)}\n" for one in envelopes))
    script(tmp_path / "sudo", f'[ "$*" = "-n smtpctl show queue" ] && cat {tmp_path}/list')
    count = script(tmp_path / "count", readme_script())
    login = LocalLogin({"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    result = await ask(count, login=login)
    assert (result.state, result.summary[: len(summary)]) == (state, summary)
    (tmp_path / "list").unlink()
    assert (await ask(count, login=login)).codes == ("queue.blind.failed",)
