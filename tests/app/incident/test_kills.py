"""kill -9 at random instants and at every system call: every acknowledged entry is there.

``python -m tests.app.incident.nemesis`` is the long run, of 2,000 kills each.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

PATIENCE = 110


def nemesis(*arguments: object) -> Any:
    """What is left after its work; skips where a process may not be traced."""
    argv = [sys.executable, "-m", "tests.app.incident.nemesis", *map(str, arguments)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE, check=False)
    print(done.stderr, *arguments, done.stdout)
    if done.stderr.startswith("strace:"):
        pytest.skip(done.stderr)
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert (found["lost"], found["unreadable"], found["broken"]) == (0, 0, 0)
    return found


@pytest.mark.parametrize(("entries", "kills"), [(20, 150), (2000, 60)])
def test_killed_at_any_instant_nothing_acknowledged_is_lost(entries: int, kills: int) -> None:
    found = nemesis("random", kills, entries)
    assert found["kills"] == kills
    assert found["acknowledged"] > kills


@pytest.mark.real
def test_killed_at_every_system_call_nothing_acknowledged_is_lost() -> None:
    found = nemesis("calls")
    assert found["kills"] > 100
    assert found["acknowledged"] > 20


@pytest.mark.real
def test_stopped_at_any_call_under_the_lock_it_is_named_and_nothing_is_lost() -> None:
    found = nemesis("stops")
    assert found["kills"] > 10
    assert found["acknowledged"] > 20
