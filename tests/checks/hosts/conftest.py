"""The logins under test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from checks.hosts import Login
from checks.hosts.local import LocalLogin
from checks.hosts.ssh import SshLogin
from tests.lab import sshd as lab_sshd
from tests.lab.daemon import short_folder
from tests.lab.sshd import Sshd


@pytest.fixture
async def ssh(sshd: Sshd) -> AsyncIterator[SshLogin]:
    """A login to a server of its own."""
    login = SshLogin(sshd.alias, config=str(sshd.config))
    yield login
    await login.close()


@pytest.fixture(scope="module")
def lasting_sshd() -> Iterator[Sshd]:
    """A server that the tests of a module share, because none harms it."""
    with (
        lab_sshd.sshd() as server,
        short_folder("mm-run") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        yield server


@pytest.fixture(params=["local", pytest.param("ssh", marks=pytest.mark.real)])
async def login(request: pytest.FixtureRequest) -> AsyncIterator[Login]:
    """Each login there is: what holds for one holds for all."""
    login: Login = LocalLogin()
    if request.param == "ssh":
        server: Sshd = request.getfixturevalue("lasting_sshd")
        login = SshLogin(server.alias, config=str(server.config))
    yield login
    await login.close()


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for it. Raises TimeoutError."""
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110  # what is waited for happens in other processes
            await asyncio.sleep(0.02)
