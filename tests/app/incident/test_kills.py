"""kill -9 at random instants and at every call: every acknowledged entry is there, chain intact.

``SOAK_KILLS=2000 pytest tests/app/incident/test_kills.py`` is the long run.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from app.incident.chain import verify
from app.incident.log import IncidentLog

KILLS = int(os.environ.get("SOAK_KILLS", "60"))
PATIENCE = 60 + KILLS * 2

WRITING = """\
import sys
from pathlib import Path
from app.incident.kinds import Note
from app.incident.log import IncidentLog
folder, incident = Path(sys.argv[1]), sys.argv[2]
log = IncidentLog(folder, incident, spare=folder / "spare")
for number in range(2):
    entry = log.append(Note(), f"note {number}")
    print(entry.id if entry.is_written else "", flush=True)
"""

CALLS = ("flock", "write", "fdatasync", "ftruncate", "fsync", "linkat,link", "rename,renameat")


def nemesis(*arguments: object) -> Any:
    argv = [sys.executable, "-m", "tests.app.incident.nemesis", *map(str, arguments)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE, check=True)
    print(done.stderr, *arguments, done.stdout)
    return json.loads(done.stdout)


@pytest.mark.timeout(PATIENCE)
@pytest.mark.parametrize(("entries", "kills"), [(20, KILLS), (2000, max(20, KILLS // 3))])
def test_killed_at_any_instant_nothing_acknowledged_is_lost(entries: int, kills: int) -> None:
    found = nemesis("random", kills, entries)
    assert found["kills"] == kills
    assert found["acknowledged"] > kills
    assert (found["lost"], found["unreadable"], found["broken"]) == (0, 0, 0)


def test_killed_at_every_call_nothing_acknowledged_is_lost() -> None:
    for found in nemesis("calls"):
        assert found["kills"] > 20
        assert found["acknowledged"] > 3
        assert (found["lost"], found["unreadable"], found["broken"]) == (0, 0, 0)


def test_killed_by_strace_at_every_system_call_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    kills = 0
    for calls in CALLS:
        for number in count(1):
            folder = tmp_path / f"{calls}-{number}"
            log = IncidentLog.create(folder, "x", spare=folder / "spare")
            with log.path.open("ab") as file:
                file.write(b"garbage\nunfinished")
            inject = f"inject={calls}:signal=KILL:when={number}"
            argv = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={calls}", "-e", inject]
            argv += [sys.executable, "-c", WRITING, str(folder), log.id]
            done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
            if "ptrace" in done.stderr:
                pytest.skip("strace may not trace here")
            log = IncidentLog(folder, log.id, spare=folder / "spare")
            acknowledged = set(done.stdout.split())
            assert acknowledged <= {entry.id for entry in log.entries}
            log.append(log.entries[0].data)  # type: ignore[arg-type]
            assert not verify(log.content()).broken
            if done.returncode not in (-signal.SIGKILL, 128 + signal.SIGKILL):
                assert len(acknowledged) == 2, done.stderr
                break
            kills += 1
    print("kills", kills)
    assert kills > 10
