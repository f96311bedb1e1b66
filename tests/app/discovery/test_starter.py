import os
import stat
import tomllib
from pathlib import Path

import pytest

from app.config import load
from app.discovery.starter import render_config, write_config
from checks.hosts.local import LocalLogin
from checks.model import Host, System
from checks.resolver import Resolver

SYSTEM = System(
    name="lab.test",
    resolver=Resolver("10.77.0.53"),
    domains=("lab.test", "dept.test"),
    hosts=(
        Host(name="mail1", address="mail1.lab.test", services=("smtp", "imaps:1993")),
        Host(name="here", address="127.0.0.1", login=LocalLogin(), mta="postfix"),
    ),
)


def test_what_was_found_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    write_config(render_config(SYSTEM), path)
    system = load(path).system
    assert system.name == SYSTEM.name
    assert system.domains == SYSTEM.domains
    assert system.resolver.server == "10.77.0.53"
    assert [(one.name, one.address, one.mta, one.services) for one in system.hosts] == [
        (one.name, one.address, one.mta, one.services) for one in SYSTEM.hosts
    ]
    assert [one.login.name if one.login else "" for one in system.hosts] == ["", "local"]


def test_every_comment_that_is_a_line_of_the_config_is_right_once_it_counts(
    tmp_path: Path,
) -> None:
    head, tail = render_config(SYSTEM).split("# In each [[host]]:")
    commented = [line.removeprefix("# ") for line in tail.splitlines() if line[:3] != "#  "]
    path = tmp_path / "config.toml"
    path.write_text(head + "\n".join(commented))
    config = load(path)
    assert config.system.canaries
    assert config.system.vantages
    assert config.log.folder
    assert "ping" in config.checks


def test_a_hostile_name_stays_a_string() -> None:
    name = 'x"\n[[host]]\nname = "evil\x1b\x7f\ud800'
    text = render_config(System(name=name, resolver=Resolver(), domains=()))
    assert "host" not in tomllib.loads(text)
    assert text.isascii() or "\x1b" not in text
    assert "resolver" not in tomllib.loads(text)["system"]


def test_a_config_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        write_config("theirs", path)
    assert path.read_text() == "mine"


def test_a_dangling_link_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        write_config("theirs", path)
    assert not (tmp_path / "elsewhere").exists()


def test_only_the_owner_may_read_it_and_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "mailmedic" / "config.toml"
    before = os.umask(0)
    try:
        write_config("text", path)
    finally:
        os.umask(before)
    assert path.read_text() == "text"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_could_not_be_written_whole_is_not_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_config("text", tmp_path / "config.toml")
    assert not (tmp_path / "config.toml").exists()
