"""Reading a real Postfix's queue: `postqueue -j` alone, and our reader on top of it."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import subprocess
import time

from checks.hosts.local import LocalLogin
from checks.queue import _listing
from checks.queue._postqueue import Postqueue
from checks.queue._tally import Tally
from tests.bench._table import show, spread
from tests.lab.postfix import Postfix, postfix

RUNS = 3
SIZES = (10_000, 100_000)
DEADLINE = 120.0


def main() -> None:
    """Print the table."""
    if not shutil.which("postqueue") or os.geteuid() != 0:
        print("queue: needs Postfix and root: left out")
        return
    rows = []
    with postfix() as server:
        server.inject(3)
        for size in SIZES:
            server.clone(size - server.count("deferred"), spread=86400)
            rows.append(_row(server, size))
    show(
        f"Queue, n={RUNS}",
        ("", "postqueue s", "our reader, wall s", "ratio", "our CPU s", "peak MiB so far"),
        rows,
        "goals: wall <= 1.10 x on a quiet machine; <= 5 MiB more at 100k",
    )


def _row(server: Postfix, size: int) -> list[str]:
    argv = ["/usr/sbin/postqueue", "-c", str(server.config), "-j"]
    alone, ours, cpu = [], [], []
    for _ in range(RUNS):
        began = time.monotonic()
        subprocess.run(argv, stdout=subprocess.DEVNULL, check=True)
        alone.append(time.monotonic() - began)
        began, used = time.monotonic(), time.process_time()
        listing = asyncio.run(
            _listing.read(LocalLogin(), argv, Postqueue(), Tally(), deadline=DEADLINE)
        )
        ours.append(time.monotonic() - began)
        cpu.append(time.process_time() - used)
        assert listing.tally.messages >= size, listing.cut
    ratio = f"{sorted(ours)[RUNS // 2] / sorted(alone)[RUNS // 2]:.2f}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        f"{size:,} messages",
        *(spread(alone, 2), spread(ours, 2), ratio, spread(cpu, 2), f"{peak:.0f}"),
    ]
