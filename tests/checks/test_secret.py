from __future__ import annotations

import os
from pathlib import Path

import pytest

from checks.reveal import SecretError, reveal
from checks.secret import Credentials, Secret

WORD = "correct horse"


async def told(secret: Secret) -> str:
    return await reveal(secret, deadline=1.0)


async def test_a_secret_is_the_first_line_of_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{WORD}\r\nand a remark\n")
    monkeypatch.setenv("WORD", WORD)
    assert await told(Secret(file=str(path))) == WORD
    assert await told(Secret(env="WORD")) == WORD
    assert await told(Secret(command=f"echo '{WORD}'")) == WORD


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        (Secret(file="/nonexistent"), "/nonexistent: No such file or directory"),
        (Secret(file="/dev/null"), "/dev/null: not a regular file"),
        (Secret(env="NOT_SET"), "$NOT_SET holds no password"),
        (Secret(command="false"), "false ended with status 1"),
        (Secret(command="no-such-program"), "no-such-program ended with status 127"),
        (Secret(command="echo 'unclosed"), "the password command cannot be read"),
        (Secret(command="sleep 60"), "sleep did not end in 1 s"),
    ],
)
async def test_what_cannot_be_had_says_where_it_was_looked_for(secret: Secret, says: str) -> None:
    with pytest.raises(SecretError) as caught:
        await told(secret)
    assert str(caught.value).startswith(says)


async def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(SecretError, match="not a regular file"):
        await told(Secret(file=str(path)))


def test_credentials_show_nobody_the_password() -> None:
    credentials = Credentials("ana", WORD)
    assert WORD not in f"{credentials!r} {credentials}"
    said = f"no {WORD}, no {credentials.plain()}"
    assert credentials.mask(said) == "no ********, no ********"
