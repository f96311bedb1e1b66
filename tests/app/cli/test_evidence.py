"""`mailmedic evidence`: a bundle with or without an incident, and a digest that is checked."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.incident.kinds import Bundled
from tests import desktop as desktops
from tests.app.cli.test_run import HOST
from tests.desktop import Desktop


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    config = tmp_path / "config.toml"
    hosts = HOST.format(name="mx", login="local") + HOST.format(name="far", login="none")
    config.write_text('[system]\nname = "Lab"\n' + hosts)
    with desktops.desktop(config, tmp_path / "state") as found:
        yield found


def test_without_an_incident_it_goes_where_it_is_told(desktop: Desktop, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    done = desktop.shell("evidence", "mx", "--to", str(tmp_path / "here"))
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "here").iterdir()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert done.stdout == f"{path}  {path.stat().st_size:,} bytes  sha256 {digest}\n"
    with tarfile.open(path) as tar:
        assert f"{path.name.removesuffix('.tar.gz')}/processes.txt" in tar.getnames()
    assert "ok         processes\n" in done.stderr
    assert not (tmp_path / "state" / "mailmedic" / "incidents").exists()


def test_in_an_incident_the_log_has_its_digest_and_verify_checks_it(
    desktop: Desktop, tmp_path: Path
) -> None:
    desktop.shell("incident", "open", "nobody can send")
    done = desktop.shell("evidence", "mx")
    assert done.returncode == 0, done.stderr
    (entry,) = desktop.entries("bundle")
    assert isinstance(entry.data, Bundled)
    path = tmp_path / "state" / "mailmedic" / "incidents" / entry.data.file
    assert path.stat().st_mode & 0o777 == 0o600
    printed = desktop.shell("incident", "print").stdout
    assert entry.data.sha256 in printed.replace("\n", "").replace(" ", "")
    verified = desktop.shell("incident", "verify")
    assert f"{path.name} is as entry {entry.n} says\n" in verified.stdout
    assert verified.returncode == 0
    with path.open("ab") as file:
        file.write(b"\0")
    altered = desktop.shell("incident", "verify")
    assert altered.returncode == 2
    assert f"BROKEN: {path.name} was altered" in altered.stdout
    path.unlink()
    gone = desktop.shell("incident", "verify")
    assert gone.returncode == 0
    assert f"{path.name} is not checked: No such file" in gone.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("far",), 'far has no login: set login = "ssh:far" in the config'),
        (("mx", "--to", "/nowhere/at/all"), "/nowhere/at/all is no folder; mkdir makes one"),
    ],
)
def test_a_mistake_is_one_line(desktop: Desktop, words: tuple[str, ...], said: str) -> None:
    done = desktop.shell("evidence", *words)
    assert (done.returncode, done.stderr) == (3, f"mailmedic: {said}\n")
