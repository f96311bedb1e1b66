"""Kills writers of a log, and looks at what is left: ``python -m tests.app.incident.nemesis``.

``random KILLS ENTRIES`` kills one of three writers at a time, at random instants, in a log that had
so many entries before. ``calls`` kills one at each call to the system, before, halfway and after.
Prints what came of it as JSON. A process of its own, because it forks: pytest has threads.
"""

from __future__ import annotations

import json
import os
import random
import select
import shutil
import signal
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

import pytest

from app.incident.chain import verify
from app.incident.kinds import Note
from app.incident.log import IncidentLog
from tests.app.incident.faults import Act, Faults, kills_after, kills_before, kills_halfway

WRITERS = 3
ROUND = 25
"""Kills between two looks at the whole log."""

LONGEST = 0.008
"""Seconds that a writer lives after its first entry."""

UNFINISHED = b'{"entries":{"3":{"at":"2026-'


class Writer:
    """A process that adds notes; the id of each that was acknowledged comes through a pipe."""

    def __init__(
        self, folder: Path, incident: str, notes: int = 0, faults: Faults | None = None
    ) -> None:
        self.output, writes = os.pipe()
        self.said = b""
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.output)
            _write(folder, incident, writes, notes, faults)
        os.close(writes)

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
        return set(self.said.decode().split("\n")[:-1])


def _write(folder: Path, incident: str, writes: int, notes: int, faults: Faults | None) -> None:
    try:
        log = IncidentLog(folder, incident, spare=folder / "spare")
        if faults:
            faults.install(pytest.MonkeyPatch())
        for number in range(notes) if notes else count():
            entry = log.append(Note(), f"note {number}")
            if entry.is_written:
                os.write(writes, f"{entry.id}\n".encode())
    finally:
        os._exit(0 if faults and not faults.was_done else 1)


class Findings:
    """What is left after the kills."""

    def __init__(self) -> None:
        self.kills = self.acknowledged = self.lost = self.broken = self.unreadable = 0

    def look(self, folder: Path, incident: str, acknowledged: set[str]) -> None:
        """Open the log as the next operator does."""
        try:
            log = IncidentLog(folder, incident, spare=folder / "spare")
            assert log.append(Note(), "still writable").is_written
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted and shown
            print(repr(error), file=sys.stderr)
            self.unreadable += 1
            return
        verified = verify(log.content())
        self.broken += bool(verified.broken or verified.unfinished)
        self.acknowledged += len(acknowledged)
        self.lost += len(acknowledged - {entry.id for entry in log.entries})


def at_random(kills: int, entries: int) -> Findings:
    """Kill so many writers, one at a time."""
    found = Findings()
    with tempfile.TemporaryDirectory(prefix="mm-nemesis-") as name:
        base = Path(name) / "base"
        log = IncidentLog.create(base, "x", spare=base / "spare")
        log._table.insert_multiple({"kind": "note", "text": str(n)} for n in range(entries - 1))
        log.close()
        while found.kills < kills:
            folder = Path(name) / str(found.kills)
            shutil.copytree(base, folder)
            _round(folder, log.id, min(ROUND, kills - found.kills), found)
            shutil.rmtree(folder)
    return found


def _round(folder: Path, incident: str, kills: int, found: Findings) -> None:
    acknowledged: set[str] = set()
    writers = [Writer(folder, incident) for _ in range(WRITERS)]
    for _ in range(kills):
        victim = random.randrange(WRITERS)
        writers[victim].hear(5)
        time.sleep(random.uniform(0, LONGEST))
        acknowledged |= writers[victim].end()
        writers[victim] = Writer(folder, incident)
        found.kills += 1
    for writer in writers:
        acknowledged |= writer.end()
    found.look(folder, incident, acknowledged)


def at_every_call(act: Act, damaged: bytes) -> Findings:
    """Kill at one call after the other, until three notes are written without a kill."""
    found = Findings()
    with tempfile.TemporaryDirectory(prefix="mm-nemesis-") as name:
        for at in count():
            folder = Path(name) / str(at)
            log = IncidentLog.create(folder, "x", spare=folder / "spare")
            with log.path.open("ab") as file:
                file.write(damaged)
            writer = Writer(folder, log.id, 3, Faults(act, at))
            while writer.hear(20):
                pass
            acknowledged = writer.end()
            found.look(folder, log.id, acknowledged)
            if len(acknowledged) == 3:
                return found
            found.kills += 1
    raise AssertionError


def _calls() -> list[dict[str, object]]:
    acts = {"before": kills_before, "halfway": kills_halfway, "after": kills_after}
    logs = {"unfinished": UNFINISHED, "garbage": b"\x00\xff{]\n" + UNFINISHED}
    return [
        {"kill": when, "log": state, **vars(at_every_call(act, damaged))}
        for when, act in acts.items()
        for state, damaged in logs.items()
    ]


if __name__ == "__main__":
    if sys.argv[1] == "random":
        print(json.dumps(vars(at_random(int(sys.argv[2]), int(sys.argv[3])))))
    else:
        print(json.dumps(_calls()))
