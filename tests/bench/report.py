"""Printing a long incident: the whole command, from the shell's call to the last byte."""

from __future__ import annotations

import itertools
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from app.incident.kinds import Closed, Note, Opened, Reviewed
from app.incident.reports import names
from tests.app.incident.outage import OUTAGE
from tests.app.incident.stories import Said, content
from tests.bench._table import show, spread

RUNS = 5
SIZES = (100, 10_000)


def main() -> None:
    """Print the table."""
    rows = []
    with TemporaryDirectory(prefix="mm-bench-") as state:
        folder = Path(state) / "mailmedic" / "incidents"
        folder.mkdir(parents=True)
        for size in SIZES:
            (folder / "2026-11-23-01.jsonl").write_bytes(content(_long(size)))
            rows += [_row(state, size, name) for name in names()]
    show(
        f"Printing an incident, n={RUNS}",
        ("", "wall s", "CPU s", "MB"),
        rows,
        "mailmedic incident print, whole process; goal: under 2 s at 10,000 entries",
    )


def _long(size: int) -> list[Said]:
    """The whole outage, its middle over and over."""
    begin, end = OUTAGE[:1], OUTAGE[-3:]
    middle = [one for one in OUTAGE if not isinstance(one[2], Opened | Closed | Reviewed | Note)]
    repeated = itertools.islice(itertools.cycle(middle), size - len(begin) - len(end))
    spread_out: list[Said] = [(64 + n, who, data) for n, (_, who, data) in enumerate(repeated)]
    last = 64 + len(spread_out)
    return [*begin, *spread_out, *((last + n, who, data) for n, (_, who, data) in enumerate(end))]


def _row(state: str, size: int, name: str) -> list[str]:
    took, busy, length = [], [], 0
    for _ in range(RUNS):
        began, used = time.monotonic(), _used()
        done = subprocess.run(
            [sys.executable, "-m", "app", "incident", "print", "--format", name],
            capture_output=True,
            check=True,
            env={**os.environ, "XDG_STATE_HOME": state, "XDG_CONFIG_HOME": state},
        )
        took.append(time.monotonic() - began)
        busy.append(_used() - used)
        length = len(done.stdout)
    return [f"{size:,} entries, {name}", spread(took, 2), spread(busy, 2), f"{length / 1e6:.2f}"]


def _used() -> float:
    """Seconds of CPU that our children have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
