"""`mailmedic log`, on a file of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.cli.log import as_lines, as_shapes
from tests import desktop as desktops
from tests.app.cli.test_run import HOST
from tests.checks.maillog.test_excerpt import gathered, line
from tests.desktop import Desktop


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    log, config = tmp_path / "own.log", tmp_path / "config.toml"
    said = ("connect from unknown[192.0.2.1]", "fatal: no such thing as lab 6")
    now = datetime.now(UTC).isoformat()
    log.write_text("".join(f"{now} mx postfix/smtpd[1]: {text}\n" for text in said))
    host = HOST.format(name="mx", login="local")
    config.write_text(f'[system]\nname = "Lab"\n{host}[check.logs]\nfiles = ["{log}"]\n')
    with desktops.desktop(config, tmp_path / "state") as found:
        yield found


def test_trouble_is_told_by_shape_and_all_of_it_by_line(desktop: Desktop) -> None:
    told = desktop.shell("log", "mx").stdout
    assert "postfix/smtpd: fatal: no such thing as lab #\n" in told
    assert "connect from" not in told
    lines = desktop.shell("log", "mx", "--all", "--lines", "--since", "5m").stdout
    assert "postfix/smtpd: connect from unknown[192.0.2.1]\n" in lines
    assert "postfix/smtpd: fatal: no such thing as lab 6\n" in lines


@pytest.mark.parametrize(
    ("words", "said"),
    [(("mx9",), "those with a login: mx"), (("mx", "--since", "soon"), "is no time")],
)
def test_what_is_wrong_is_one_line(desktop: Desktop, words: tuple[str, ...], said: str) -> None:
    done = desktop.shell("log", *words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
    assert said in done.stderr


def test_shapes_and_lines_are_told_with_their_times_and_without_secrets() -> None:
    found = gathered(line("password=hunter2 timeout"), line("password=hunter3 timeout", 5))
    assert as_shapes(found) == [
        "        2  2026-11-24T03:00:00.000Z  2026-11-24T03:00:05.000Z  "
        "postfix/smtpd: password=******** timeout"
    ]
    assert as_lines(found.lines)[0] == (
        "2026-11-24T03:00:00.000Z postfix/smtpd: password=******** timeout"
    )
