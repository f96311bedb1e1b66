from __future__ import annotations

from pathlib import Path
from socket import AF_UNIX, SOCK_DGRAM, socket

import pytest

from app.config import load
from app.doctor import this_machine

CONFIG = """
[[host]]
name = "mail1"
address = "127.0.0.1"

[[canary]]
address = "canary@lab.test"
submission = "mail1"
imap = "mail1"
password = { file = "secret" }

[[monitor]]
name = "prom"
kind = "prometheus"
url = "https://127.0.0.1:9090"
token = { file = "secret" }
"""


@pytest.mark.parametrize(
    ("mode", "is_there", "says", "mend"),
    [
        (0o600, True, "secret", ""),
        (0o640, True, "secret", ""),
        (0o644, False, "can be read by everybody", "chmod o= "),
        (None, False, "cannot be read by you", "ls -l "),
    ],
)
@pytest.mark.parametrize("subject", ["canary@lab.test password", "prom token"])
async def test_each_secret_is_there_for_us_and_not_for_everybody(
    mode: int | None, is_there: bool, says: str, mend: str, subject: str, tmp_path: Path
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    if mode is not None:
        (tmp_path / "secret").write_text("hunter2\n")
        (tmp_path / "secret").chmod(mode)
    told = {one.subject: one for one in await this_machine(load(path))}
    ability = told[subject]
    assert (ability.is_there, says in ability.text) == (is_there, True)
    assert ability.mend.startswith(mend)
    assert "hunter2" not in repr(ability)


async def test_the_houses_own_templates_are_read_in_peace(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[[host]]\nname = "mail1"\n')
    told = [one for one in await this_machine(load(path)) if one.subject == "notices"]
    assert told == []
    (tmp_path / "notices").mkdir()
    (tmp_path / "notices" / "first-user.txt").write_text("Subject: a\n")
    (tmp_path / "notices" / "first-users.txt").write_text("Subject: $sinse\n")
    told = [one for one in await this_machine(load(path)) if one.subject == "notices"]
    assert [one.text.removeprefix(f"{tmp_path}/notices/") for one in told] == [
        'first-user.txt: no notice is called so; did you mean "first-users.txt"?',
        'first-users.txt:1: there is no placeholder $sinse; did you mean "since"?',
    ]


@pytest.mark.parametrize("is_there", [True, False])
async def test_a_log_without_a_witness_is_a_gap(
    is_there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "log"
    monkeypatch.setattr("app.incident.witness.SOCKET", str(place))
    path = tmp_path / "config.toml"
    path.write_text('[[host]]\nname = "mail1"\n')
    with socket(AF_UNIX, SOCK_DGRAM) as syslog:
        if is_there:
            syslog.bind(str(place))
        told = {one.subject: one for one in await this_machine(load(path))}
    assert (told["witness"].is_there, told["witness"].mend == "") == (is_there, is_there)
