"""Several operators, one incident: everybody's entries are there, in one order, seen by all."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.incident.chain import verify
from app.incident.kinds import Note
from app.incident.log import IncidentLog
from tests.app.incident.conftest import OpenLog

PROCESSES = 8
EACH = 500

WRITING = """\
import sys
from pathlib import Path
from app.incident.kinds import Note
from app.incident.log import IncidentLog
log = IncidentLog(Path(sys.argv[1]), sys.argv[2], lock_within=20)
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[4])):
    assert log.append(Note(), f"{sys.argv[3]} {number}").is_written
"""

HOLDING = """\
import fcntl, sys, time
with open(sys.argv[1], "rb") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    print("held", flush=True)
    time.sleep(60)
"""


def started(*arguments: object) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", *map(str, arguments)]
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_eight_processes_add_five_hundred_entries_each(folder: Path, log: IncidentLog) -> None:
    writers = [started(WRITING, folder, log.id, number, EACH) for number in range(PROCESSES)]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=100)
        assert writer.returncode == 0
    log.refresh()
    assert not verify(log.content()).broken
    notes = [entry for entry in log.entries if isinstance(entry.data, Note)]
    assert len(notes) == PROCESSES * EACH
    assert len({entry.id for entry in notes}) == len({entry.n for entry in notes}) == len(notes)
    for number in range(PROCESSES):
        own = [entry for entry in notes if entry.text.startswith(f"{number} ")]
        assert [entry.text for entry in own] == [f"{number} {each}" for each in range(EACH)]
        assert [entry.at for entry in own] == sorted(entry.at for entry in own)


async def test_an_entry_of_another_process_is_seen_without_asking(
    folder: Path, log: IncidentLog
) -> None:
    seen = log.follow()
    assert len(await anext(seen)) == 1
    writer = started(WRITING, folder, log.id, "other", 1)
    assert writer.stdout is not None
    await asyncio.to_thread(writer.stdout.readline)
    writer.communicate("go\n")
    assert (await asyncio.wait_for(anext(seen), 20))[-1].text == "other 0"
    await seen.aclose()  # type: ignore[attr-defined]


async def test_who_follows_sees_their_own_entries_too(log: IncidentLog) -> None:
    seen = log.follow()
    await anext(seen)
    log.append(Note(), "mine")
    assert (await asyncio.wait_for(anext(seen), 20))[-1].text == "mine"
    await seen.aclose()  # type: ignore[attr-defined]


async def test_who_follows_sees_that_the_log_is_gone_and_back(
    folder: Path, log: IncidentLog
) -> None:
    """Their own entry, which waits, included."""
    seen = log.follow()
    await anext(seen)
    content = log.path.read_bytes()
    shutil.rmtree(folder)
    folder.touch()
    await asyncio.wait_for(anext(seen), 20)
    assert "can't be written: Not a directory" in log.trouble
    entry = await asyncio.to_thread(log.append, Note(), "meanwhile")
    assert (await asyncio.wait_for(anext(seen), 20))[-1].id == entry.id
    folder.unlink()
    found = await asyncio.wait_for(anext(seen), 20)
    while not found[-1].is_written:
        found = await asyncio.wait_for(anext(seen), 20)
    assert [one.text for one in found] == ["", "meanwhile", found[2].text]
    assert log.path.read_bytes().startswith(content)
    assert not log.trouble
    await seen.aclose()  # type: ignore[attr-defined]


def test_threads_of_one_console_write_and_read_side_by_side(log: IncidentLog) -> None:
    """No reader ever sees an entry twice, or one less than before."""
    writers = [
        threading.Thread(target=lambda: [log.append(Note(), "x") for _ in range(50)])
        for _ in range(4)
    ]
    for writer in writers:
        writer.start()
    before = 0
    while any(writer.is_alive() for writer in writers):
        entries, head = log.entries, log.head
        assert len({entry.id for entry in entries}) == len(entries) >= before
        assert not verify(log.content(), [head]).broken
        before = len(entries)
    assert len(log.entries) == 201


@pytest.fixture
def holder(log: IncidentLog) -> subprocess.Popen[str]:
    """A process that has locked the log, and is stopped."""
    process = started(HOLDING, log.path)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)
    return process


@pytest.mark.parametrize("end", [signal.SIGCONT, signal.SIGKILL])
def test_a_stopped_holder_is_named_and_the_entry_is_written_when_it_is_gone(
    end: signal.Signals, holder: subprocess.Popen[str], again: OpenLog
) -> None:
    told: list[str] = []
    log = again(tell=told.append, lock_within=0.2)
    entry = log.append(Note(), "while it is locked")
    assert not entry.is_written
    assert f"(pid {holder.pid}, stopped)" in told[0]
    assert "1 entry waits in memory and in" in told[0]
    assert log.entries[-1].text == "while it is locked"
    holder.send_signal(end)
    if end == signal.SIGCONT:
        holder.terminate()
    holder.wait()
    log.refresh()
    assert log.entries[-1].is_written
    assert log.entries[-1].id == entry.id
    assert told[-1].endswith("can be read and written again")


def test_entries_that_a_process_could_not_write_are_taken_over_by_the_next(
    holder: subprocess.Popen[str], again: OpenLog
) -> None:
    log = again(lock_within=0.05)
    entry = log.append(Note(), "left behind")
    log.close()
    holder.kill()
    holder.wait()
    found = again()
    assert (found.entries[-1].id, found.entries[-1].text) == (entry.id, "left behind")
    assert [one.id for one in again().entries].count(entry.id) == 1
