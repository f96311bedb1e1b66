"""The far side's shell script, under shells of this machine instead of ssh."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.hosts._shell import Shell, limited, reading
from tests.lab.daemon import short_folder

SHELLS = [["sh", "-c"], ["bash", "-c"], ["busybox", "sh", "-c"], ["csh", "-fc"], ["fish", "-c"]]


@pytest.fixture(params=SHELLS, ids=lambda argv: argv[0])
async def shell(request: pytest.FixtureRequest) -> AsyncIterator[Shell]:
    if shutil.which(request.param[0]) is None:
        pytest.skip(f"{request.param[0]} is not installed")
    opened = await Shell.open(request.param)
    yield opened
    await opened.close()


async def test_the_script_works_whatever_the_login_shell(shell: Shell) -> None:
    output = await shell.run(limited(["printf", "%s|", "a b", "$x", "!!", "'"], 5), 1000)
    assert output.stdout == b"a b|$x|!!|'|"


@settings(max_examples=60)
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
def test_words_arrive_as_they_were_sent(words: list[str]) -> None:
    async def sent() -> bytes:
        shell = await Shell.open(["sh", "-c"])
        try:
            return (await shell.run(limited(["printf", "%s\\0", "", *words], 5), 10_000)).stdout
        finally:
            await shell.close()

    assert asyncio.run(sent()) == b"".join(word.encode() + b"\0" for word in ["", *words])


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
async def test_a_file_that_may_not_be_read_is_told_from_one_that_is_missing() -> None:
    with short_folder("mm-shell") as folder:
        locked, secret = folder / "locked", folder / "secret"
        locked.mkdir(mode=0o700)
        secret.write_text("x")
        secret.chmod(0o600)
        shell = await Shell.open(["setpriv", "--reuid=65534", "--clear-groups", "sh", "-c"])
        for path, error in (
            (secret, errno.EACCES),
            (locked / "file", errno.EACCES),
            (locked / "folder" / "file", errno.EACCES),
            (folder / "none" / "file", errno.ENOENT),
        ):
            output = await shell.run(reading(str(path), 10, 5), 10)
            assert (path, output.exit_status) == (path, error)
        await shell.close()


async def test_output_that_imitates_the_end_of_an_answer_does_not_end_it() -> None:
    shell = await Shell.open(["/bin/sh", "-c"])
    fake = "\n" + "0" * 32 + " 000\n"
    output = await shell.run(limited(["printf", "%s", fake], 5), 1000)
    assert output.stdout == fake.encode()
    await shell.close()


async def test_a_host_without_timeout_still_answers(tmp_path: Path) -> None:
    for program in ("head", "printf", "sh", "true"):
        (tmp_path / program).symlink_to(str(shutil.which(program)))
    # PATH gets sbin appended, which holds no `timeout`.
    shell = await Shell.open(["env", f"PATH={tmp_path}", "sh", "-c"])
    try:
        assert (await shell.run(limited(["printf", "in"], 5), 10)).stdout == b"in"
        assert (await shell.run(limited(["nonesuch"], 5), 10)).exit_status == 127
        hostname = await shell.run(reading("/etc/hostname", 3, 5), 10)
        assert hostname.stdout == Path("/etc/hostname").read_bytes()[:3]
    finally:
        await shell.close()


@pytest.mark.parametrize("path", ["relative", "", "a\0b", "/a\0b"])
def test_only_absolute_paths_are_read(path: str) -> None:
    with pytest.raises(ValueError, match="absolute"):
        reading(path, 1, 1)


def test_a_null_byte_is_refused_before_it_is_sent() -> None:
    with pytest.raises(ValueError, match="null byte"):
        limited(["echo", "a\0b"], 1)
