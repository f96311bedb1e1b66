"""Where the config is looked for, and who may enter the state folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from app import places
from tests.ordinary_user import ordinary_user


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv(places.CONFIG_VARIABLE, raising=False)
    monkeypatch.setattr(places, "SYSTEM_CONFIG", tmp_path / "etc.toml")
    return tmp_path


def test_the_config_named_comes_first_then_the_variable_the_users_and_the_systems(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert places.find_config() is None
    places.SYSTEM_CONFIG.touch()
    assert places.find_config() == places.SYSTEM_CONFIG
    users = home / "config/mailmedic/config.toml"
    users.parent.mkdir(parents=True)
    users.touch()
    assert places.find_config() == users
    monkeypatch.setenv(places.CONFIG_VARIABLE, "/other.toml")
    assert places.find_config() == Path("/other.toml")
    assert places.find_config("named.toml") == Path("named.toml")


def test_a_dangling_link_counts_as_the_config_so_that_it_is_seen(home: Path) -> None:
    places.SYSTEM_CONFIG.symlink_to(home / "gone")
    assert places.find_config() == places.SYSTEM_CONFIG


def test_nobody_else_may_enter_the_users_own_state_folder(home: Path) -> None:
    mask = os.umask(0)
    try:
        folder = places.state_folder()
    finally:
        os.umask(mask)
    assert folder == home / "state/mailmedic"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o755)
    assert stat.S_IMODE(places.state_folder().stat().st_mode) == 0o700


def test_a_shared_state_folder_is_for_its_group_and_left_as_it_is_found(home: Path) -> None:
    shared = home / "shared"
    assert stat.S_IMODE(places.state_folder(str(shared)).stat().st_mode) == 0o2770
    shared.chmod(0o755)
    assert stat.S_IMODE(places.state_folder(str(shared)).stat().st_mode) == 0o755


def test_a_folder_that_cannot_be_had_says_so_with_the_mend(home: Path) -> None:
    (home / "file").touch()
    with pytest.raises(places.PlaceError, match=r"file/x: File exists; set \[log\] folder"):
        places.state_folder(str(home / "file/x"))


def test_a_folder_that_may_not_be_written_says_so(home: Path) -> None:
    with ordinary_user(), pytest.raises(places.PlaceError, match="Permission denied"):
        places.state_folder("/var/lib/mailmedic-of-nobody")
