"""Routes without a screen: which there are, whether they work, whom to call."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.__main__ import main
from app.doctor import this_machine

CONFIG = """
[log]
folder = "{folder}/state"

[[host]]
name = "mail1"
address = "127.0.0.1"

[[route]]
name = "pager"
audience = ["it"]
url = "command:{folder}/page"

[[route]]
name = "chat"
audience = ["it", "users"]
url = "https://127.0.0.1/services/s3cr3t"

[[contact]]
name = "Ana Ruiz"
role = ["lead"]
reach = ["+43 1 555"]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "page").write_text(f"#!/bin/sh\ncat > {tmp_path}/paged\n")
    (tmp_path / "page").chmod(0o755)
    path = tmp_path / "mailmedic.toml"
    path.write_text(CONFIG.format(folder=tmp_path))
    return path


def run(config: Path, *words: str) -> int:
    return main(["notify", *words, "--config", str(config)])


def test_a_test_is_marked_and_its_outcome_is_kept(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(config, "--test", "pager") == 0
    assert capsys.readouterr().out == "pager: accepted, exit status 0\n"
    assert (config.parent / "paged").read_text().startswith("[TEST] mailmedic: the route pager\n")
    assert run(config, "--list") == 0
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == "pager: command, for it"
    assert second.startswith("    last worked 20")


def test_the_worst_outcome_is_the_exit_status(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (config.parent / "page").write_text("#!/bin/sh\nexit 1\n")
    assert run(config, "--test", "pager") == 2
    run(config, "--list")
    assert "never worked; refused at 20" in capsys.readouterr().out


def test_the_list_says_what_a_route_depends_on_and_shows_no_path(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(config, "--list")
    said = capsys.readouterr().out
    assert "chat: webhook 127.0.0.1, for it, users\n" in said
    assert "depends: it goes through mail1, which is one of our hosts\n" in said
    assert "s3cr3t" not in said


def test_who_can_be_called_is_said(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(config, "--contacts") == 0
    assert capsys.readouterr().out == "now   Ana Ruiz (lead): +43 1 555\n"


def test_a_route_that_is_not_there_is_misuse(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(config, "--test", "pagr") == 3
    assert "no route is called 'pagr'; there are pager, chat" in capsys.readouterr().err


def test_a_test_does_not_go_to_everybody(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    users = [f"u{number}@out.test" for number in range(500)]
    more = (
        f'\n[[route]]\nname = "users"\naudience = ["users"]\nsender = "it@out.test"\nto = {users}\n'
    )
    text = config.read_text() + more + 'url = "smtps://192.0.2.7"\n'
    config.write_text(text)
    assert run(config, "--test") == 3
    assert "users reaches 500: test_to" in capsys.readouterr().err
    assert not (config.parent / "paged").exists()


async def test_the_doctor_says_in_peace_what_would_be_missing(config: Path) -> None:
    from app.config import load

    found = await this_machine(load(config))
    gaps = [(one.subject, one.text) for one in found if not one.is_there]
    assert ("route pager", "command: never tested") in gaps
    assert ("route chat", "it goes through mail1, which is one of our hosts") in gaps
