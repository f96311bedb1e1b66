from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from checks.drift import _watch
from checks.hosts import Login
from checks.hosts.local import LocalLogin
from checks.hosts.ssh import SshLogin
from tests.checks.drift.watching import Watching
from tests.lab.sshd import Sshd


class Far(LocalLogin):
    """This machine, treated as another: what is sent there is what ssh would send."""

    is_local = False
    name = "ssh:far"


@pytest.fixture
async def ssh(sshd: Sshd) -> AsyncIterator[SshLogin]:
    login = SshLogin(sshd.alias, config=str(sshd.config))
    yield login
    await login.close()


@pytest.fixture(params=["local", "far", pytest.param("ssh", marks=pytest.mark.real)])
def login(request: pytest.FixtureRequest) -> Login:
    """Each way to look: in a thread, by commands, and by commands over a real ssh."""
    if request.param == "ssh":
        ssh: SshLogin = request.getfixturevalue("ssh")
        return ssh
    return LocalLogin() if request.param == "local" else Far()


@pytest.fixture
def forgetful() -> None:
    """As a program that has just been started."""
    _watch._watches.clear()


@pytest.fixture
def watching(login: Login, etc: Path, tmp_path: Path) -> Watching:
    return Watching(login, tmp_path / "state", etc / "postfix", etc / "dovecot", f"{etc}/alias*")


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that everybody may write, as pytest's own is not."""
    with tempfile.TemporaryDirectory(prefix="mm-drift-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """A mail server's configuration."""
    return make_etc(tmp_path / "etc")


def make_etc(etc: Path) -> Path:
    (etc / "postfix").mkdir(parents=True)
    (etc / "dovecot/conf.d").mkdir(parents=True)
    (etc / "postfix/main.cf").write_text("".join(f"setting{n} = {n}\n" for n in range(20)))
    (etc / "postfix/master.cf").write_text("smtp inet n - y - - smtpd\n")
    (etc / "dovecot/conf.d/10-auth.conf").write_text("auth_mechanisms = plain\n")
    (etc / "aliases").write_text("root: admin\n")
    return etc
