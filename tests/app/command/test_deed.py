"""A command on a real login: how it ends, and what is told of how it ended."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import tracemalloc
from pathlib import Path

import pytest

from app.command.deed import Command
from app.command.output import HEAD, TAIL
from app.incident import entry as make
from app.incident.kinds import CommandEnded
from checks.hosts import Login
from checks.hosts.ssh import SshLogin
from checks.model import Host
from tests.checks.hosts.conftest import until
from tests.checks.hosts.test_login import HOSTILE, is_alive, until_gone
from tests.lab.sshd import Sshd

BEGUN = make.read({"id": "b1"})


def command(login: Login, *argv: str, deadline: float = 20.0) -> Command:
    return Command(Host(name="mail1", address="127.0.0.1", login=login), argv, deadline)


async def act(login: Login, *argv: str, deadline: float = 20.0) -> CommandEnded:
    return await command(login, *argv, deadline=deadline).act(BEGUN)


async def test_what_ends_with_0_is_done_and_its_output_told_in_the_order_it_came(
    login: Login,
) -> None:
    ended = await act(login, "sh", "-c", "echo out; echo err >&2; echo last")
    assert (ended.outcome, ended.status, ended.output) == ("done", 0, "out\nerr\nlast")
    assert ended.sha256 == hashlib.sha256(b"out\nerr\nlast\n").hexdigest()
    assert (ended.begun, ended.host) == ("b1", "mail1")


async def test_what_ends_otherwise_has_failed(login: Login) -> None:
    ended = await act(login, "sh", "-c", "echo no; exit 7")
    assert (ended.outcome, ended.status, ended.output) == ("failed", 7, "no")


async def test_a_missing_program_has_failed_and_says_so(login: Login) -> None:
    ended = await act(login, "mm-no-such-command")
    assert (ended.outcome, ended.status) == ("failed", 127)
    assert "No such file" in ended.output


async def test_a_program_whose_own_status_is_that_of_a_time_out_has_failed(login: Login) -> None:
    ended = await act(login, "sh", "-c", "exit 124")
    assert (ended.outcome, ended.status) == ("failed", 124)


async def test_every_word_arrives_as_it_was_typed(login: Login) -> None:
    run = command(login, "printf", "%s\\0", *HOSTILE)
    came = bytearray()
    run.on_output = came.extend
    await run.act(BEGUN)
    assert bytes(came).split(b"\0")[:-1] == [os.fsencode(word) for word in HOSTILE]


async def test_out_of_time_is_unknown_and_it_is_ended_over_there(
    login: Login, tmp_path: Path
) -> None:
    alive = tmp_path / "alive"
    script = 'trap "" TERM; echo $$ >"$0"; while :; do sleep 0.1; done'
    ended = await act(login, "sh", "-c", script, str(alive), deadline=1)
    assert (ended.outcome, ended.status) == ("unknown", None)
    assert "out of time" in ended.reason
    await until_gone(int(alive.read_text()))


async def test_cancelled_is_unknown_and_it_is_ended_over_there(
    login: Login, tmp_path: Path
) -> None:
    alive = tmp_path / "alive"
    run = command(login, "sh", "-c", 'echo begun; echo $$ >"$0"; sleep 96; echo on', str(alive))
    task = asyncio.create_task(run.act(BEGUN))
    await until(lambda: alive.exists() and alive.read_text() != "")
    await run.cancel()
    ended = await task
    assert ended.outcome == "unknown"
    assert ended.output.startswith("begun")
    assert "on" not in ended.output.split("\n")
    assert "cancelled" in ended.reason
    await until_gone(int(alive.read_text()))


async def test_what_does_not_heed_the_cancel_is_killed_over_there(
    login: Login, tmp_path: Path
) -> None:
    alive = tmp_path / "alive"
    script = 'trap "" TERM; echo $$ >"$0"; while :; do sleep 0.1; done'
    run = command(login, "sh", "-c", script, str(alive))
    task = asyncio.create_task(run.act(BEGUN))
    await until(lambda: alive.exists() and alive.read_text() != "")
    await run.cancel()
    assert (await task).outcome == "unknown"
    await until_gone(int(alive.read_text()))


async def test_a_session_that_ends_says_that_it_may_still_run(login: Login, tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    run = command(login, "sh", "-c", 'echo $$ >"$0"; sleep 95', str(alive), deadline=3)
    task = asyncio.create_task(run.act(BEGUN))
    await until(lambda: alive.exists() and alive.read_text() != "")
    task.cancel()
    ended = await task
    assert ended.outcome == "unknown"
    assert ended.reason == "the session that ran it has ended; it may still run on mail1"
    await until_gone(int(alive.read_text()))


async def test_a_daemon_that_keeps_the_output_open_neither_keeps_us_nor_is_ended_by_us(
    login: Login, tmp_path: Path
) -> None:
    alive = tmp_path / "alive"
    ended = await act(login, "sh", "-c", 'sleep 60 & echo $! >"$0"; echo started', str(alive))
    daemon = int(alive.read_text())
    try:
        assert (ended.outcome, ended.output) == ("done", "started")
        await asyncio.sleep(0.3)  # a signal takes a moment
        assert is_alive(daemon)
    finally:
        os.kill(daemon, signal.SIGKILL)


async def test_a_gigabyte_without_a_newline_costs_no_memory_and_is_digested_whole(
    login: Login,
) -> None:
    size = 1_000_000_000 if login.is_local else 100_000_000
    run = command(login, "head", "-c", str(size), "/dev/zero", deadline=100)
    tracemalloc.start()
    ended = await run.act(BEGUN)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (ended.outcome, run.output.size) == ("done", size)
    assert peak < 8 << 20
    assert len(ended.output) < 2 * (HEAD + TAIL)
    assert "bytes left out" in ended.output


async def test_endless_output_ends_with_the_time(login: Login) -> None:
    ended = await act(login, "yes", deadline=1)
    assert ended.outcome == "unknown"
    assert ended.output.startswith("y\ny\n")


async def test_escapes_and_secrets_do_not_reach_the_log(login: Login) -> None:
    ended = await act(login, "printf", "\\033]0;pwned\\007[bold]\\npassword = hunter2\\n")
    assert ended.output == "^[]0;pwned^G[bold]\npassword = ********"


@pytest.mark.real
async def test_a_line_that_drops_is_unknown(sshd: Sshd, tmp_path: Path) -> None:
    login = SshLogin(sshd.alias, config=str(sshd.config))
    alive = tmp_path / "alive"
    run = command(login, "sh", "-c", 'echo begun; echo $$ >"$0"; sleep 94', str(alive))
    task = asyncio.create_task(run.act(BEGUN))
    await until(lambda: alive.exists() and run.output.size > 0)
    for process in sshd.connections():
        process.send_signal(signal.SIGKILL)
    ended = await task
    await login.close()
    assert (ended.outcome, ended.output) == ("unknown", "begun")
    assert ended.reason.endswith("it may still run on mail1")


@pytest.mark.real
async def test_a_host_that_lets_nobody_in_has_failed_because_nothing_started(sshd: Sshd) -> None:
    sshd.authorized_keys.write_text("")
    login = SshLogin(sshd.alias, config=str(sshd.config))
    ended = await act(login, "true")
    await login.close()
    assert ended.outcome == "failed"
    assert ended.reason.startswith("never started: ")


@pytest.mark.real
async def test_cancelled_while_the_host_does_not_answer_is_unknown_and_does_not_start_later(
    sshd: Sshd, tmp_path: Path
) -> None:
    login = SshLogin(sshd.alias, config=str(sshd.config))
    sshd.freeze()
    try:
        run = command(login, "touch", str(tmp_path / "touched"))
        task = asyncio.create_task(run.act(BEGUN))
        await asyncio.sleep(0.2)
        await run.cancel()
        ended = await task
    finally:
        sshd.thaw()
    await login.close()
    assert (ended.outcome, ended.reason) == ("unknown", "cancelled; it may still run on mail1")
    assert not (tmp_path / "touched").exists()
