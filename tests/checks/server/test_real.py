"""The real programs of Debian, and a real sshd between us and them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress

import psutil
import pytest

from checks.facts import Process, ProcessFacts
from checks.hosts import Login
from checks.hosts.local import LocalLogin
from checks.hosts.ssh import SshLogin
from checks.model import Result, State
from tests.checks.server.asking import ask
from tests.lab.daemon import short_folder
from tests.lab.dovecot import dovecot
from tests.lab.postfix import postfix
from tests.lab.sshd import sshd

pytestmark = pytest.mark.real


@pytest.fixture(params=["local", "ssh"])
async def login(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Login]:
    if request.param == "local":
        yield LocalLogin()
        return
    with sshd() as server, short_folder("mm-run") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
        login = SshLogin(server.alias, config=str(server.config))
        yield login
        await login.close()


def process(result: Result, pid: int) -> Process:
    """The process that the panel shows under that pid."""
    assert isinstance(result.facts, ProcessFacts)
    return next(one for one in result.facts.running if one.pid == pid)


async def test_postfix_runs_stands_still_and_goes_on(login: Login) -> None:
    with postfix() as server:
        await _until_child(server.pid, "qmgr")
        shown = process(await ask("processes", login, mta="postfix"), server.pid)
        assert (shown.name, shown.status) == ("postfix", "running")
        assert shown.children >= 1
        assert shown.memory > 1 << 20
        assert shown.since is not None
        os.kill(server.pid, signal.SIGSTOP)
        await _until_mark(server.pid, psutil.STATUS_STOPPED)
        result = await ask("processes", login, mta="postfix")
        assert result.state == State.CRITICAL
        assert "process.postfix.stopped" in result.codes
        assert f"kill -CONT {server.pid}" in result.summary
        assert process(result, server.pid).status == "stopped"
        os.kill(server.pid, signal.SIGCONT)
        result = await ask("processes", login, mta="postfix")
        assert f"kill -CONT {server.pid}" not in result.summary


async def test_a_stopped_queue_manager_is_told(login: Login) -> None:
    with postfix() as server:
        qmgr = await _until_child(server.pid, "qmgr")
        qmgr.suspend()
        await _until_mark(qmgr.pid, psutil.STATUS_STOPPED)
        result = await ask("processes", login, mta="postfix")
        assert f"qmgr was stopped by a signal (kill -CONT {qmgr.pid})" in result.summary
        assert result.state == State.CRITICAL


async def test_dovecot_and_its_children_are_seen(login: Login) -> None:
    with dovecot() as server:
        await _until_child(server.pid, "config")
        result = await ask("processes", login, services=("imap",))
        shown = process(result, server.pid)
    assert (shown.name, shown.status) == ("dovecot", "running")
    assert shown.children >= 1
    assert "Dovecot (" in result.summary


@pytest.mark.parametrize("kind", ["processes", "load", "disks"])
async def test_a_host_whose_sshd_is_gone_is_unknown(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sshd() as server, short_folder("mm-run") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
        login = SshLogin(server.alias, config=str(server.config))
        try:
            assert (await ask(kind, login)).facts is not None
            server.kill()
            result = await ask(kind, login)
        finally:
            await login.close()
    assert (result.state, result.codes) == (State.UNKNOWN, ("login.unreachable",))
    assert result.summary.startswith("ssh to mail1: ")


async def _until_mark(pid: int, status: str) -> None:
    async with asyncio.timeout(10):
        while psutil.Process(pid).status() != status:  # noqa: ASYNC110  # no event tells
            await asyncio.sleep(0.01)


async def _until_child(pid: int, name: str) -> psutil.Process:
    async with asyncio.timeout(10):
        while True:
            with suppress(psutil.NoSuchProcess):
                for child in psutil.Process(pid).children():
                    if child.name() == name:
                        return child
            await asyncio.sleep(0.01)
