"""Kills and stops writers of a log, and looks at what is left.

``python -m tests.app.incident.nemesis`` is the long run: 2,000 kills at random instants in a log of
20 entries and in one of 2,000, and one at every system call. ``random KILLS ENTRIES``, ``calls``
and ``stops`` are its parts; each prints what came of it as a line of JSON. A process of its own,
because it forks, and pytest has threads.
"""

from __future__ import annotations

import json
import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from app.incident import entry as make
from app.incident import folder as incidents
from app.incident import witness
from app.incident.chain import verify
from app.incident.error import LogError
from app.incident.kinds import Note
from app.incident.log import IncidentLog

WRITERS = 3
VOLLEYS = 10
"""Times that all of them are killed between two looks at the whole log."""

LONGEST = 0.005
"""Seconds between two kills, at most."""

DAMAGED = b'\x00\xff{]\n{"entries":{"3":{"at":"2026-'
"""What is in the log that a writer finds: a line that can't be read, and one that was not ended."""

NOTES = 3

LOCKED = ("write", "fdatasync", "ftruncate", "flock", "link", "rename")
"""System calls of somebody who holds the lock."""


class Writer:
    """A process that does `work`; what that has acknowledged, a line each, comes through a pipe."""

    def __init__(self, work: Callable[[int], None], *, waits: bool = False) -> None:
        self.output, writes = os.pipe()
        ready, self._go = os.pipe()
        self.said = b""
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.output)
            os.close(self._go)
            try:
                if waits:
                    os.read(ready, 1)
                work(writes)
            finally:
                os._exit(0)
        os.close(writes)
        os.close(ready)

    def go(self) -> None:
        with suppress(BrokenPipeError):  # killed while it waited
            os.write(self._go, b"\n")

    def hear(self, seconds: float) -> bool:
        """Read what it acknowledged; whether there was anything."""
        if not select.select([self.output], [], [], seconds)[0]:
            return False
        got = os.read(self.output, 1 << 16)
        self.said += got
        return bool(got)

    def end(self) -> set[str]:
        """Kill it, if it is not dead; what it had acknowledged."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        while self.hear(0):
            pass
        os.close(self.output)
        os.close(self._go)
        return set(self.said.decode().split("\n")[:-1])


def _notes(folder: Path, incident: str, notes: int = 0) -> Callable[[int], None]:
    def work(writes: int) -> None:
        log = IncidentLog(folder, incident, spare=folder / "spare")
        for number in range(notes) if notes else count():
            entry = log.append(Note(), f"note {number}")
            if entry.is_written:
                os.write(writes, f"{entry.id}\n".encode())

    return work


class Findings:
    """What is left after the kills, or after stops that held others up."""

    def __init__(self) -> None:
        self.kills = self.acknowledged = self.lost = self.broken = self.unreadable = 0

    def look(self, folder: Path, incident: str, acknowledged: set[str]) -> None:
        """Open the log as the next operator does."""
        try:
            log = IncidentLog(folder, incident, spare=folder / "spare")
            assert log.append(Note(), "still writable").is_written
        except (LogError, AssertionError) as error:
            print(repr(error), file=sys.stderr)
            self.unreadable += 1
            return
        verified = verify(log.content())
        self.broken += bool(verified.broken or verified.unfinished)
        self.acknowledged += len(acknowledged)
        self.lost += len(acknowledged - {entry.id for entry in log.entries})
        log.close()


def at_random(kills: int, entries: int) -> Findings:
    """Kill so many writers, three at a time, of a log that had so many entries."""
    found = Findings()
    make.new(Note())  # what a process finds out once, it has found out before it forks
    with _folder() as base:
        log = IncidentLog.create(base / "base", "x", spare=base / "spare")
        log._table.insert_multiple({"kind": "note", "text": str(n)} for n in range(entries - 1))
        log.close()
        while found.kills < kills:
            folder = base / str(found.kills)
            shutil.copytree(base / "base", folder)
            acknowledged: set[str] = set()
            for _ in range(VOLLEYS):
                acknowledged |= _volley(folder, log.id)
                found.kills += WRITERS
            found.look(folder, log.id, acknowledged)
            shutil.rmtree(folder)
    return found


def _volley(folder: Path, incident: str) -> set[str]:
    """Kill each of them a moment after all have begun to write; what they had acknowledged."""
    writers = [Writer(_notes(folder, incident)) for _ in range(WRITERS)]
    for writer in writers:
        writer.hear(20)
    acknowledged: set[str] = set()
    for writer in writers:
        time.sleep(random.uniform(0, LONGEST))
        acknowledged |= writer.end()
    return acknowledged


def at_every_call() -> Findings:
    """Kill one that opens an incident, and adds to another one, at each of its system calls."""
    found = Findings()
    with _folder() as base:
        for name, number in _calls(base):
            folder = base / f"{name}-{number}"
            incident = _damaged(folder)
            writer = Writer(_opens_and_notes(folder, incident), waits=True)
            with strace(writer, f"inject={name}:signal=KILL:when={number}"):
                writer.go()
                while writer.hear(20):
                    pass
            acknowledged = writer.end()
            found.kills += len(acknowledged) < NOTES
            found.look(folder, incident, acknowledged)
            for opened in incidents.ids(folder / "new"):
                found.look(folder / "new", opened, set())
    return found


def _opens_and_notes(folder: Path, incident: str) -> Callable[[int], None]:
    def work(writes: int) -> None:
        IncidentLog.create(folder / "new", "x", spare=folder / "spare")
        _notes(folder, incident, NOTES)(writes)

    return work


def _calls(base: Path) -> Iterator[tuple[str, int]]:
    """All system calls of that work, each with how often it was called until then."""
    incident = _damaged(base / "calls")
    writer = Writer(_opens_and_notes(base / "calls", incident), waits=True)
    with strace(writer, "trace=all", str(base / "trace")):
        writer.go()
        while writer.hear(20):
            pass
    writer.end()
    traced = (base / "trace").read_text()
    seen = Counter(re.findall(r"^(?:\d+ +)?(\w+)\(", traced, re.MULTILINE))
    for name, number in seen.items():
        for at in range(1, number + 1):
            yield name, at


def stopped() -> Findings:
    """Stop a holder of the lock at each call it makes: others are told, and nothing is lost."""
    found = Findings()
    with _folder() as base:
        for name, number in _calls(base):
            if name not in LOCKED:
                continue
            folder = base / f"{name}-{number}"
            incident = _damaged(folder)
            writer = Writer(_notes(folder, incident, NOTES), waits=True)
            with strace(writer, f"inject={name}:signal=STOP:when={number}", None) as told:
                writer.go()
                if any("stopped by SIGSTOP" in line for line in told):
                    _meet(writer, folder, incident, found)
                else:
                    writer.end()
    return found


def _meet(writer: Writer, folder: Path, incident: str, found: Findings) -> None:
    """Write beside one that is stopped; it ends, or goes on and ends."""
    told: list[str] = []
    log = IncidentLog(folder, incident, spare=folder / "other", tell=told.append, lock_within=0.02)
    entry = log.append(Note(), "beside")
    if not entry.is_written:
        assert f"(pid {writer.pid}, stopped)" in told[-1], told
        found.kills += 1
    if found.kills % 2:
        os.kill(writer.pid, signal.SIGCONT)
        while writer.hear(20):
            pass
    acknowledged = writer.end()
    log.refresh()
    assert not log.trouble, log.trouble
    found.look(folder, incident, acknowledged | {entry.id})


def _damaged(folder: Path) -> str:
    log = IncidentLog.create(folder, "x", spare=folder / "spare")
    log.close()
    with log.path.open("ab") as file:
        file.write(DAMAGED)
    return log.id


@contextmanager
def strace(
    writer: Writer, expression: str, output: str | None = os.devnull
) -> Iterator[Iterator[str]]:
    """Inside, `writer` is traced; what strace says. Exits where that is not allowed."""
    if shutil.which("strace") is None:
        sys.exit("strace: is not installed")
    argv = ["strace", "-p", str(writer.pid), "-e", expression]
    argv += ["-o", output] if output else []
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        if "attached" not in said:
            sys.exit(f"strace: {said}")
        try:
            yield process.stderr
        finally:
            process.terminate()


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mm-nemesis-") as name:
        witness.SOCKET = f"{name}/nobody-listens"
        yield Path(name)


def main(arguments: list[str]) -> None:
    began = time.monotonic()
    match arguments:
        case ["random", kills, entries]:
            found = at_random(int(kills), int(entries))
        case ["calls"]:
            found = at_every_call()
        case ["stops"]:
            found = stopped()
        case _:
            for part in (
                ["random", "2000", "20"],
                ["random", "2000", "2000"],
                ["calls"],
                ["stops"],
            ):
                print(*part)
                main(part)
            return
    print(json.dumps(vars(found) | {"seconds": round(time.monotonic() - began, 1)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
