"""`mailmedic diff` and `mailmedic baseline`, on files of this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import desktop as desktops
from tests.app.cli.test_run import HOST
from tests.desktop import Desktop


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "main.cf").write_text("relayhost =\n")
    return folder


@pytest.fixture
def desktop(tmp_path: Path, watched: Path) -> Iterator[Desktop]:
    config = tmp_path / "config.toml"
    host = HOST.format(name="mx", login="local") + f'watch = ["{watched}"]\n'
    config.write_text('[system]\nname = "Lab"\n[check.changes]\nwindow = 1\n' + host)
    with desktops.desktop(config, tmp_path / "state") as found:
        yield found


def test_a_change_is_told_until_it_is_the_baseline(desktop: Desktop, watched: Path) -> None:
    taken = desktop.shell("baseline")
    assert taken.returncode == 0
    assert "mx  config  baseline taken, 1 file watched\n" in taken.stdout
    assert "mx  changes  baseline taken of " in taken.stdout
    unchanged = desktop.shell("diff").stdout
    assert "main.cf" not in unchanged
    assert "mx  files: baseline of " in unchanged
    assert "Z, taken by `mailmedic baseline`; changes since " in unchanged
    (watched / "main.cf").write_text("relayhost = [old.test]\n")
    told = desktop.shell("diff", "mx").stdout
    assert f"mx  {watched}/main.cf  +1 −1\n" in told
    assert "\n    +relayhost = [old.test]" in told
    document = json.loads(desktop.shell("diff", "--json").stdout)
    (file,) = [one for one in document["changes"] if one["kind"] == "file"]
    assert (file["host"], file["what"]) == ("mx", f"{watched}/main.cf")
    desktop.shell("baseline", "mx")
    assert "main.cf" not in desktop.shell("diff").stdout


def test_a_host_that_is_none_is_told_with_those_that_are(desktop: Desktop) -> None:
    done = desktop.shell("baseline", "mail9")
    assert (done.returncode, done.stdout) == (3, "")
    assert "those with a login: mx" in done.stderr
