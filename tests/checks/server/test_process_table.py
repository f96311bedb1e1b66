from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from checks.hosts.local import LocalLogin
from checks.server._look import Garbled
from checks.server._process_table import QUESTION, SCRIPT, Table, here, parse
from checks.server._programs import NAMES
from tests.checks.server.asking import Far

# Debian 12 with Postfix 3.7 and a second instance on a folder of its own; dash, GNU.
DEBIAN = """\
total 90
uptime 6831.77 13275.51
KernelPageSize:        4 kB
file /usr/sbin/postfix
file /etc/systemd/system/multi-user.target.wants/postfix.service
1/stat:1 (systemd) S 0 1 1 0 -1 4194560 72078 1433814 0 222 324 1350 2063 867 20 0 1 0 24 53116928 \
5182 18446744073709551615 1 1 0 0 0 0 0 4096 1256 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0
9669/stat:9669 (master) S 1 9669 9669 0 -1 4194304 262 0 0 0 0 0 0 0 20 0 1 0 682975 43569152 1311 \
18446744073709551615 94842563198976 94842563214933 140724081316256 0 0 0 0 4096 0 1 0 0 17 0 0 0 0
9671/stat:9671 (qmgr) T 9669 9669 9669 0 -1 4194304 262 0 0 0 4 2 1 0 20 0 1 0 682980 43569152 1200\
 18446744073709551615 94842563198976 94842563214933 140724081316256 0 0 0 0 4096 0 1 0 0 17 0 0 0 0
==> /dev/null <==

==> 9669/cmdline <==
/usr/lib/postfix/sbin/master -w \n"""


def test_what_debian_prints_is_read() -> None:
    table = parse(DEBIAN)
    master, qmgr = table.seen
    assert (master.pid, master.parent, master.name, master.mark) == (9669, 1, "master", "S")
    assert master.command == "/usr/lib/postfix/sbin/master -w"
    assert master.memory == 1311 * 4096
    assert (master.cpu, table.seen[1].cpu) == (0.0, 0.07)
    assert (qmgr.since - master.since).total_seconds() == pytest.approx(0.05)
    assert (qmgr.parent, qmgr.mark, qmgr.command) == (9669, "T", "")
    assert (table.total, table.is_hidden) == (90, False)
    assert "/usr/sbin/postfix" in table.files


@pytest.mark.parametrize("word", ["total", "uptime", "KernelPageSize"])
def test_a_line_that_is_missing_is_not_made_up(word: str) -> None:
    with pytest.raises(Garbled):
        parse(DEBIAN.replace(word, "x"))


@given(st.text(alphabet="0123456789/stat: ()SZ-\nmasterqgKilPe<>=.", max_size=300), st.integers(0))
@example("\n1/stat:1 (master) S 1" + " 9" * 17 + " " + "9" * 20 + " 1 1", 0)
@example("uptime 999999999.99 1\n", 0)
def test_the_parser_raises_nothing_but_its_own(text: str, cut: int) -> None:
    for given_text in (text, text + DEBIAN, DEBIAN + text, DEBIAN[:cut] + text + DEBIAN[cut:]):
        try:
            parse(given_text)
        except Garbled:
            continue


@pytest.mark.parametrize(
    "comm",
    [
        "x\n1 (master",
        "master) S 1 2 3",
        "\n1 (systemd) S",
        "x) Z 1\x1b[31m",
        "\xff\xfe(master)",
        "(((((((((((((((",
        ") (",
        "",
        "\n\n\n",
    ],
)
async def test_a_process_can_call_itself_what_it_likes_and_forges_nothing(comm: str) -> None:
    with named(comm) as pid:
        there = await asked(Far())
        ours = here()
    for table in (there, ours):
        assert pid not in [one.pid for one in table.seen]
        assert all(one.name in NAMES for one in table.seen)
        assert 1 not in [one.pid for one in table.seen]
        assert not table.is_hidden


async def test_a_process_that_calls_itself_master_is_seen_with_its_own_pid_and_command() -> None:
    with named("master") as pid:
        for login in (LocalLogin(), Far()):
            seen = [one for one in (await asked(login)).seen if one.pid == pid]
            assert [one.name for one in seen] == ["master"]
            assert seen[0].command.startswith(sys.executable)
            assert seen[0].parent == os.getpid()


async def test_a_command_line_imitates_no_other() -> None:
    with named("master") as first, named("master") as last:
        forged = [f"\n==> {pid}/cmdline <==\n/usr/lib/postfix/sbin/master" for pid in (first, last)]
        with named("master", *forged, "x" * 5000) as forger:
            commands = {one.pid: one.command for one in (await asked(Far())).seen}
    assert commands.keys() >= {first, last, forger}
    for pid in (first, last, forger):
        assert "postfix" not in commands[pid]
        assert len(commands[pid]) <= 300


async def test_amavis_and_its_like_are_known_by_their_first_word() -> None:
    with named("amavisd-new (ma") as pid:
        for login in (LocalLogin(), Far()):
            names = {one.pid: one.name for one in (await asked(login)).seen}
            assert names[pid] == "amavisd-new"


async def test_psutil_and_the_script_agree() -> None:
    with named("opendkim", busy=0.3) as first, named("rspamd") as second:
        os.kill(second, signal.SIGSTOP)
        os.waitpid(second, os.WUNTRACED)
        there, ours = await asked(Far()), await asked(LocalLogin())
    assert there.files == ours.files
    assert there.is_hidden == ours.is_hidden
    assert ours.total / 2 < there.total < ours.total * 2  # others come and go meanwhile
    for pid, name, mark in ((first, "opendkim", "S"), (second, "rspamd", "T")):
        (one,) = (one for one in there.seen if one.pid == pid)
        (other,) = (one for one in ours.seen if one.pid == pid)
        for seen in (one, other):
            assert (seen.name, seen.mark, seen.parent) == (name, mark, os.getpid())
        assert abs((one.since - other.since).total_seconds()) < 5
        assert one.memory == pytest.approx(other.memory, rel=0.05)
        assert one.cpu == pytest.approx(other.cpu, abs=0.05)
        assert (one.cpu >= 0.25) is (pid == first)


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox"])
async def test_the_script_is_posix(shell: str) -> None:
    words = [shell, "sh"] if shell == "busybox" else [shell]
    with named("opendkim") as pid:
        output = await LocalLogin().run([*words, "-c", SCRIPT], deadline=10)
    if output.exit_status == 127:
        pytest.skip(f"{shell} is not installed")
    assert pid in [one.pid for one in parse(output.stdout.decode(errors="replace")).seen]
    assert not output.stderr


async def asked(login: LocalLogin) -> Table:
    if login.is_local:
        return here()
    output = await login.run(["sh", "-c", QUESTION.script], deadline=10)
    return QUESTION.parse(output.stdout.decode("utf-8", "surrogateescape"))


_NAMED = """
import ctypes, sys, time
ctypes.CDLL(None).prctl(15, bytes.fromhex(sys.argv[1]), 0, 0, 0)
while time.process_time() < float(sys.argv[2]): pass
print("ready", flush=True)
sys.stdin.read()
"""


@contextmanager
def named(comm: str, *arguments: str, busy: float = 0.0) -> Iterator[int]:
    """A process that named itself so (prctl(2), PR_SET_NAME), and was `busy` for some seconds."""
    name = comm.encode("latin-1").hex() or "00"
    process = subprocess.Popen(
        [sys.executable, "-c", _NAMED, name, str(busy), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process.pid
    finally:
        process.kill()
        process.communicate()
