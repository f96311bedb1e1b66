"""A host's log that grows, is rotated, is packed or is closed to us: real files and real tools."""

from __future__ import annotations

import asyncio
import gzip
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from checks.hosts.local import LocalLogin
from checks.hosts.ssh import SshLogin
from checks.log_line import Line
from checks.maillog import reading
from checks.maillog.excerpt import Excerpt, Gathering
from checks.server import _log_script
from tests.lab.daemon import short_folder
from tests.lab.sshd import sshd

HOUR = timedelta(hours=1)


class Log:
    """The only log of a machine without a journal."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "mail.log"
        tool = folder / "tools" / "journalctl"
        tool.parent.mkdir()
        tool.write_text("#!/bin/sh\necho 'No journal files were found.' >&2\nexit 1\n")
        tool.chmod(0o755)
        self.login = LocalLogin({"PATH": f"{tool.parent}:/usr/local/bin:/usr/bin:/bin"})
        self.path.touch()

    def say(self, *texts: str, ago: float = 1.0) -> None:
        at = (datetime.now(UTC) - timedelta(seconds=ago)).isoformat()
        with self.path.open("a") as file:
            file.writelines(f"{at} mail1 postfix/smtpd[1]: {text}\n" for text in texts)

    async def read(self, *, is_all: bool = True, back: timedelta = HOUR) -> Excerpt:
        since = datetime.now(UTC) - back
        gathering = Gathering(since)
        return await reading.excerpt(
            self.login, gathering, since, is_all=is_all, from_start=False, deadline=30
        )

    def rename(self) -> None:
        """As logrotate(8) does by default."""
        self.path.rename(self.path.with_name("mail.log.1"))
        self.path.touch()

    def truncate(self) -> None:
        """As it does with copytruncate."""
        self.path.with_name("mail.log.1").write_bytes(self.path.read_bytes())
        self.path.write_bytes(b"")


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Log:
    log = Log(tmp_path)
    monkeypatch.setattr(reading, "SYSLOG_FILES", (str(log.path),))
    monkeypatch.setattr(reading, "OWN_FILES", ())
    return log


@asynccontextmanager
async def followed(log: Log) -> AsyncIterator[list[str]]:
    """What is added, from where a reading ended."""
    seen: list[str] = []
    found = await log.read()

    def take(lines: list[Line]) -> None:
        seen.extend(line.text for line in lines)

    task = asyncio.create_task(reading.follow(log.login, found, take))  # type: ignore[arg-type]
    try:
        yield seen
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - a file and other processes tell of no event
            await asyncio.sleep(0.02)


def running(log: Log) -> bool:
    """Whether anything on this machine follows it."""
    argv = ["pgrep", "-f", f"tail .*{log.path}"]
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


def texts(found: Excerpt) -> list[str]:
    return [line.text for line in found.lines]


async def test_trouble_alone_is_read_or_all_of_it(log: Log) -> None:
    log.say("connect from unknown[192.0.2.1]", "fatal: no SASL authentication mechanisms")
    assert texts(await log.read(is_all=False)) == ["fatal: no SASL authentication mechanisms"]
    assert len(texts(await log.read())) == 2


async def test_rotated_and_packed_logs_are_read_as_far_as_the_time_goes(log: Log) -> None:
    log.say("packed", ago=3000)
    log.path.with_name("mail.log.2.gz").write_bytes(gzip.compress(log.path.read_bytes()))
    log.path.write_bytes(b"")
    log.say("rotated", ago=2000)
    log.rename()
    log.say("new")
    assert texts(await log.read()) == ["packed", "rotated", "new"]
    assert texts(await log.read(back=timedelta(seconds=2500))) == ["rotated", "new"]


async def test_what_comes_over_a_line_is_packed_and_the_same(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PIECE", 1000)
    log.say(*(f"said {number} times" for number in range(5000)))
    here = await log.read()
    monkeypatch.setattr(LocalLogin, "is_local", False)
    there = await log.read()
    assert (there.lines, there.total, there.trouble) == (here.lines, 5000, "")


@pytest.mark.parametrize("rotate", [Log.rename, Log.truncate])
async def test_a_log_is_followed_over_its_rotation_and_no_line_comes_twice(
    log: Log, rotate: Callable[[Log], None]
) -> None:
    log.say("before it was read")
    async with followed(log) as seen:
        log.say("one")
        await until(lambda: seen == ["one"])
        rotate(log)
        log.say("two")
        await until(lambda: seen == ["one", "two"])
        log.say("three")
        await until(lambda: seen == ["one", "two", "three"])


async def test_what_is_said_between_reading_and_following_is_not_lost(log: Log) -> None:
    log.say("read")
    found = await log.read()
    log.say("meanwhile")
    log.rename()
    log.say("and in the new one")
    seen: list[str] = []
    task = asyncio.create_task(
        reading.follow(log.login, found, lambda lines: seen.extend(one.text for one in lines))
    )
    await until(lambda: len(seen) == 2)
    task.cancel()
    assert seen == ["meanwhile", "and in the new one"]


async def test_nothing_runs_on_when_nobody_follows_any_more(log: Log) -> None:
    async with followed(log) as seen:
        log.say("one")
        await until(lambda: seen == ["one"])
        assert running(log)
    await until(lambda: not running(log))


async def test_a_host_whose_ticks_nobody_takes_ends_what_it_started(log: Log) -> None:
    """As when ssh is gone: the script finds that nobody reads, and ends what it started."""
    found = await log.read()
    argv = ["sh", "-c", _log_script.FOLLOW, "sh", "1", "1", "", "", *found.growing]
    script = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    assert script.stdout is not None
    await script.stdout.readline()
    script._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]
    async with asyncio.timeout(30):
        await script.wait()
    await until(lambda: not running(log))


async def test_a_log_that_may_not_be_read_is_said_to_be_so_with_its_mend(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        reading, "SEARCH", "echo zone +0000; echo now 1795546944; echo denied /var/log/mail.log"
    )
    monkeypatch.setattr(LocalLogin, "name", "ssh:eve@mail1")
    found = await log.read()
    assert found.denied == ("/var/log/mail.log",)
    assert found.mend == "usermod -aG adm eve"


async def test_a_host_without_an_answer_is_not_taken_for_a_quiet_one(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SEARCH", "exit 1")
    assert (await log.read()).trouble == "gave no answer about its logs"


async def test_over_ssh_it_is_the_same_and_nothing_is_left_there(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SYSLOG_FILES", ())
    monkeypatch.setattr(reading, "TICK", 1)
    log.say("before")
    with sshd() as server, short_folder("mm-run") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
        login = SshLogin(server.alias, config=str(server.config))
        since, seen = datetime.now(UTC) - HOUR, list[str]()
        found = await reading.excerpt(
            login,
            Gathering(since),
            since,
            files=(str(log.path),),
            is_all=True,
            from_start=False,
            deadline=30,
        )
        assert texts(found)[-1:] == ["before"], found.trouble
        task = asyncio.create_task(
            reading.follow(login, found, lambda lines: seen.extend(one.text for one in lines))
        )
        log.say("after")
        await until(lambda: "after" in seen)
        assert running(log)
        task.cancel()
        await until(lambda: not running(log))
        await login.close()
