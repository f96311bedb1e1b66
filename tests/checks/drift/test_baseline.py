"""What the files are compared with: taken, kept, shared, damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.drift import _watch
from checks.hosts import Login
from checks.model import State
from tests.checks.drift.watching import Watching, changes, facts

pytestmark = pytest.mark.usefixtures("forgetful")


async def test_the_baseline_of_an_earlier_start_counts(watching: Watching, etc: Path) -> None:
    taken = facts(await watching.look()).baseline_at
    (etc / "aliases").write_text("root: other\n")
    _watch._watches.clear()
    result = await watching.look()
    assert facts(result).baseline_at == taken
    assert list(changes(result)) == ["aliases"]


async def test_a_baseline_taken_anew_makes_the_present_good(watching: Watching, etc: Path) -> None:
    await watching.look()
    (etc / "aliases").write_text("root: other\n")
    assert "aliases" in changes(await watching.look())
    assert (await watching.take()).summary == "baseline taken, 4 files watched"
    assert changes(await watching.look()) == {}


async def test_a_baseline_that_another_program_took_is_noticed(
    watching: Watching, etc: Path
) -> None:
    await watching.look()
    (etc / "aliases").write_text("root: other\n")
    assert "aliases" in changes(await watching.look())
    ours = dict(_watch._watches)
    _watch._watches.clear()
    await watching.take()
    _watch._watches.clear()
    _watch._watches.update(ours)
    assert changes(await watching.look()) == {}


async def test_only_others_who_share_the_state_folder_may_read_the_baseline(
    watching: Watching, tmp_path: Path
) -> None:
    await watching.look()
    (store,) = (tmp_path / "state").rglob("*.z")
    assert store.stat().st_mode & 0o777 == 0o600
    assert store.parent.stat().st_mode & 0o777 == 0o700
    store.unlink()
    store.parent.rmdir()
    store.parent.parent.chmod(0o2770)
    await watching.take()
    assert store.parent.stat().st_mode & 0o7777 == 0o2770
    assert store.stat().st_mode & 0o777 == 0o640


async def test_a_damaged_baseline_is_unknown_with_the_mend_and_is_not_replaced(
    watching: Watching, tmp_path: Path
) -> None:
    await watching.look()
    (store,) = (tmp_path / "state").rglob("*.z")
    store.write_bytes(b"garbage")
    result = await watching.look()
    assert (result.state, result.codes) == (State.UNKNOWN, ("config.baseline",))
    assert "`mailmedic baseline mail1` takes a new one" in result.summary
    assert store.read_bytes() == b"garbage"
    assert (await watching.take()).state == State.OK
    assert (await watching.look()).state == State.OK


async def test_other_watched_paths_do_not_look_like_a_change(
    login: Login, etc: Path, tmp_path: Path
) -> None:
    await Watching(login, tmp_path / "state", etc / "postfix", etc / "aliases").look()
    wider = Watching(login, tmp_path / "state", etc / "postfix", etc / "dovecot")
    assert changes(await wider.look()) == {}
    (etc / "dovecot/conf.d/10-auth.conf").write_text("auth_mechanisms = login\n")
    (etc / "postfix/new").write_text("")
    assert set(changes(await wider.look())) == {"10-auth.conf", "new"}


async def test_a_baseline_that_cannot_be_kept_still_serves_until_the_end(
    login: Login, etc: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    watching = Watching(login, tmp_path / "file/x", etc)
    result = await watching.look()
    assert (result.state, result.codes) == (State.OK, ("config.not-kept",))
    (etc / "aliases").write_text("")
    assert list(changes(await watching.look())) == ["aliases"]
