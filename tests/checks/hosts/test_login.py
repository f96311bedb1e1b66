"""What every login keeps, whichever it is."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from checks.hosts import Login, Output, TimedOut
from checks.hosts.choose import login_from
from tests.checks.hosts.conftest import until

HOSTILE = (
    ";reboot",
    "$(touch /tmp/mm-pwned)",
    "`id`",
    "a\nb",
    "-n",
    "--",
    "'",
    '"',
    "\\",
    "!!",
    "*",
    "~",
    "",
    " ",
    "a=b",
    "|",
    "&",
    ">x",
    "<(x)",
    "\t\r",
    "é",
    "\udcff",
    "%s",
    "#",
)

MEGABYTE = 1 << 20


async def test_status_stdout_and_stderr_come_back_apart(login: Login) -> None:
    script = "printf out; printf err >&2; exit 7"
    output = await login.run(["sh", "-c", script], deadline=5)
    assert output == Output(7, b"out", b"err")


async def test_bytes_come_back_as_they_are(login: Login) -> None:
    everything = bytes(range(256)) * 4
    escaped = "".join(f"\\{byte:03o}" for byte in everything)
    output = await login.run(["printf", escaped], deadline=5)
    assert output.stdout == everything


async def test_no_argument_is_interpreted_on_the_way(login: Login) -> None:
    output = await login.run(["printf", "%s\\0", *HOSTILE], deadline=5)
    assert output.stdout.split(b"\0")[:-1] == [os.fsencode(word) for word in HOSTILE]


async def test_a_missing_command_answers_127(login: Login) -> None:
    output = await login.run(["mm-no-such-command"], deadline=5)
    assert output.exit_status == 127
    assert b"No such file" in output.stderr


async def test_a_file_that_is_no_program_answers_126(login: Login) -> None:
    assert (await login.run(["/etc/passwd"], deadline=5)).exit_status == 126


async def test_a_killed_command_answers_128_and_the_signal(login: Login) -> None:
    assert (await login.run(["sh", "-c", "kill -9 $$"], deadline=5)).exit_status == 137


async def test_commands_get_the_c_locale_sbin_and_no_input(login: Login) -> None:
    output = await login.run(["sh", "-c", "echo $LC_ALL $PATH; cat"], deadline=5)
    assert output.stdout.startswith(b"C ")
    assert b"/usr/sbin" in output.stdout


async def test_output_is_cut_at_the_limit_and_says_so(login: Login) -> None:
    whole = await login.run(["head", "-c", "5000000", "/dev/zero"], deadline=10, limit=5_000_000)
    cut = await login.run(["head", "-c", "5000001", "/dev/zero"], deadline=10, limit=5_000_000)
    assert (len(whole.stdout), whole.is_cut, whole.exit_status) == (5_000_000, False, 0)
    assert (len(cut.stdout), cut.is_cut) == (5_000_000, True)


async def test_a_command_that_prints_for_ever_is_cut_at_once(login: Login) -> None:
    began = time.monotonic()
    output = await login.run(["yes"], deadline=20, limit=100)
    assert output.stdout == b"y\n" * 50
    assert output.is_cut
    assert time.monotonic() - began < 10


async def test_errors_without_end_cost_no_memory(login: Login) -> None:
    script = "head -c 5000000 /dev/zero >&2; printf done"
    output = await login.run(["sh", "-c", script], deadline=10)
    assert output.stdout == b"done"
    assert len(output.stderr) <= MEGABYTE // 16


async def test_a_command_that_never_ends_costs_its_deadline(login: Login) -> None:
    await login.run(["true"], deadline=5)
    began = time.monotonic()
    with pytest.raises(TimedOut, match=r"sleep did not end in 0\.5 s"):
        await login.run(["sleep", "97"], deadline=0.5)
    assert time.monotonic() - began < 4
    assert (await login.run(["echo", "next"], deadline=5)).stdout == b"next\n"


async def test_what_timed_out_does_not_run_on_for_ever(login: Login, tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    await login.run(["true"], deadline=5)
    script = 'sleep 98 & echo $! >"$0"; wait'
    with pytest.raises(TimedOut):
        await login.run(["sh", "-c", script, str(alive)], deadline=0.5)
    await until_gone(int(alive.read_text()))


async def test_what_was_cancelled_is_ended_too(login: Login, tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    await login.run(["true"], deadline=5)
    task = asyncio.create_task(
        login.run(["sh", "-c", 'echo $$ >"$0"; sleep 99', str(alive)], deadline=1.5)
    )
    await until(lambda: alive.exists() and alive.read_text() != "")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until_gone(int(alive.read_text()))
    assert (await login.run(["echo", "next"], deadline=5)).stdout == b"next\n"


async def until_gone(pid: int) -> None:
    await until(lambda: not is_alive(pid))


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_a_file_is_read_to_its_limit(login: Login, tmp_path: Path) -> None:
    file = tmp_path / "a 'b'\n$(c)"
    file.write_bytes(b"\0\xff\n" * 1000)
    assert await login.read(str(file), deadline=5) == b"\0\xff\n" * 1000
    assert await login.read(str(file), deadline=5, limit=4) == b"\0\xff\n\0"


async def test_proc_can_be_read_though_its_files_claim_to_be_empty(login: Login) -> None:
    assert b"MemTotal" in await login.read("/proc/meminfo", deadline=5)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/nonesuch", FileNotFoundError),
        ("/nonesuch/below/that", FileNotFoundError),
        ("/etc", IsADirectoryError),
        ("/dev/zero", OSError),
    ],
)
async def test_what_is_no_file_says_what_it_is(
    login: Login, path: str, error: type[OSError]
) -> None:
    with pytest.raises(error) as caught:
        await login.read(path, deadline=5)
    assert caught.value.filename == path
    assert type(caught.value) is error


async def test_a_pipe_is_refused_and_not_waited_for(login: Login, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match=r"Invalid argument|not a regular file"):
        await login.read(str(tmp_path / "pipe"), deadline=5)


async def test_a_stream_brings_output_as_it_comes_and_then_the_status(
    login: Login, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    script = 'echo first; until [ -e "$0" ]; do sleep 0.01; done; echo last; echo oops >&2; exit 3'
    chunks = []
    async with login.stream(["sh", "-c", script, str(seen)], deadline=5) as stream:
        async for chunk in stream.chunks():
            chunks.append(chunk)
            seen.touch()
        output = await stream.end()
    assert chunks == [b"first\n", b"last\n"]
    assert output == Output(3, b"", b"oops\n")


async def test_thirty_megabytes_stream_through(login: Login) -> None:
    size = 0
    async with login.stream(["head", "-c", "30000000", "/dev/zero"], deadline=20) as stream:
        async for chunk in stream.chunks():
            size += len(chunk)
            assert len(chunk) <= MEGABYTE
        assert (await stream.end()).exit_status == 0
    assert size == 30_000_000


async def test_leaving_a_stream_ends_its_command(login: Login, tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    script = 'echo $$ >"$0"; exec yes'
    async with login.stream(["sh", "-c", script, str(alive)], deadline=20) as stream:
        async for _ in stream.chunks():
            break
    await until_gone(int(alive.read_text()))


async def test_a_stream_that_never_ends_costs_its_deadline(login: Login) -> None:
    await login.run(["true"], deadline=5)
    with pytest.raises(TimedOut):
        # Long enough for a busy machine to have opened the stream.
        async with login.stream(["sleep", "97"], deadline=3) as stream:
            await stream.end()


async def test_a_stream_of_a_missing_command_answers_127(login: Login) -> None:
    async with login.stream(["mm-no-such-command"], deadline=5) as stream:
        assert (await stream.end()).exit_status == 127


async def test_a_timeout_of_the_reader_is_not_taken_for_the_deadline(login: Login) -> None:
    with pytest.raises(TimeoutError, match="mine"):
        async with login.stream(["true"], deadline=5):
            raise TimeoutError("mine")


@pytest.mark.parametrize("text", ["none", ""])
def test_no_login_is_none(text: str) -> None:
    assert login_from(text) is None


def test_the_config_names_logins_as_the_logins_name_themselves() -> None:
    for text in ("local", "ssh:mail1", "ssh:root@mail1.lab.test"):
        login = login_from(text)
        assert login is not None
        assert login.name == text
        assert login.is_local == (text == "local")


@pytest.mark.parametrize("text", ["ssh", "ssh:", "telnet:mail1", "ssh:-oProxyCommand=x", "Local"])
def test_an_unknown_login_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not"):
        login_from(text)
