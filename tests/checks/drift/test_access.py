"""What may not be looked at, or cannot be, is said and never shown as removed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from checks.drift import _watch, config
from checks.hosts import Login, LoginError, Output
from checks.hosts.local import LocalLogin
from checks.model import State
from tests.checks.drift.conftest import make_etc
from tests.checks.drift.watching import Watching, facts
from tests.ordinary_user import NOBODY, ordinary_user

pytestmark = pytest.mark.usefixtures("forgetful")


async def test_paths_that_are_not_there_are_unknown(
    login: Login, etc: Path, tmp_path: Path
) -> None:
    result = await Watching(login, tmp_path / "state", etc / "exim4").look()
    assert (result.state, result.codes) == (State.UNKNOWN, ("config.absent",))
    assert not (tmp_path / "state").exists()


async def test_a_host_without_mail_configuration_is_nothing_to_watch(
    login: Login, etc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_watch, "DEFAULT", (str(etc / "none*"),))
    result = await Watching(login, tmp_path / "state").look()
    assert (result.state, result.codes) == (State.OK, ())
    assert result.summary == "nothing to watch: no mail configuration is there"


class AsNobody(LocalLogin):
    """Commands without root's rights."""

    is_local = False

    async def run(self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20) -> Output:
        if os.geteuid() == 0:  # dash takes root's rights back where only the effective user differs
            argv = ["setpriv", f"--reuid={NOBODY}", "--clear-groups", *argv]
        return await super().run(argv, deadline=deadline, limit=limit)


async def test_what_may_not_be_listed_or_read_is_said_and_does_not_look_removed(
    public: Path,
) -> None:
    etc = make_etc(public / "etc")
    here = Watching(LocalLogin(), public / "state", etc / "postfix", etc / "dovecot")
    far = Watching(AsNobody(), public / "state", etc / "postfix", etc / "dovecot")
    await here.look()
    for path in (public / "state", *public.glob("state/**/*")):
        path.chmod(0o777)
    (etc / "dovecot").chmod(0)
    (etc / "postfix/main.cf").chmod(0)
    with ordinary_user():
        seen_here = await here.look()
    for result in (seen_here, await far.look()):
        assert result.state == State.OK
        assert "config.unreadable" in result.codes
        assert facts(result).unreadable == (str(etc / "dovecot"), str(etc / "postfix/main.cf"))
        assert [change.path for change in facts(result).changes] == [str(etc / "postfix/main.cf")]
    (etc / "dovecot").chmod(0o755)


async def test_unchanged_is_not_said_of_what_may_not_be_read(public: Path) -> None:
    etc = make_etc(public / "etc")
    (etc / "postfix/main.cf").chmod(0)
    watching = Watching(AsNobody(), public / "state", etc / "postfix")
    await watching.look()
    assert (await watching.look()).summary.endswith(" watched, 1 not readable")


async def test_when_nothing_may_be_read_the_state_is_unknown(public: Path) -> None:
    etc = make_etc(public / "etc")
    etc.chmod(0)
    with ordinary_user():
        here = await Watching(LocalLogin(), public / "state", etc).look()
    far = await Watching(AsNobody(), public / "state", etc).look()
    etc.chmod(0o755)
    for result in (here, far):
        assert (result.state, result.codes) == (State.UNKNOWN, ("config.unreadable",))
        assert result.summary.startswith("none of the watched files may be read: ")


class Dead(LocalLogin):
    """A host that cannot be asked."""

    is_local = False

    async def run(self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20) -> Output:
        raise LoginError("gone")


class Silent(LocalLogin):
    """A host that never answers."""

    is_local = False

    async def run(self, argv: Sequence[str], *, deadline: float, limit: int = 1 << 20) -> Output:
        await asyncio.sleep(3600)
        raise AssertionError


async def test_a_host_that_cannot_be_asked_is_unknown(etc: Path, tmp_path: Path) -> None:
    result = await Watching(Dead(), tmp_path / "state", etc).look()
    assert (result.state, result.codes, result.summary) == (
        State.UNKNOWN,
        ("login.failed",),
        "gone",
    )


async def test_a_host_that_never_answers_costs_the_deadline(etc: Path, tmp_path: Path) -> None:
    watching = Watching(Silent(), tmp_path / "state", etc)
    result = await config.check(watching.target, watching.options, deadline=0.2)
    assert (result.state, result.codes) == (State.UNKNOWN, ("config.timeout",))
    assert result.duration < 5
