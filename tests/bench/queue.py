"""Reading a real Postfix's queue: `postqueue -j` alone, our reader on top of it, and shown."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from checks.hosts.local import LocalLogin
from checks.queue import _listing
from checks.queue._postqueue import Postqueue
from checks.queue._tally import Tally
from tests.bench._table import show, spread
from tests.lab.postfix import Postfix, postfix

RUNS = 5
SIZES = (10_000, 100_000)
DEADLINE = 120.0

_CONFIG = """\
[system]
name = "bench"
[[host]]
name = "mail1"
address = "127.0.0.1"
login = "local"
mta = "postfix"
[check.postfix]
config_directory = "{config}"
"""


def main() -> None:
    """Print the table."""
    if not shutil.which("postqueue") or os.geteuid() != 0:
        print("queue: needs Postfix and root: left out")
        return
    rows = []
    # Not tried again meanwhile: what the queue manager has in its hands is another queue.
    with postfix(queue_run_delay="1d") as server:
        server.inject(3)
        for size in SIZES:
            server.clone(size - server.count("deferred"), spread=86400)
            rows.append(_row(server, size))
    show(
        f"Queue, n={RUNS}",
        (
            *("", "postqueue s", "our reader, wall s", "ratio", "our CPU s"),
            *("`mailmedic queue` s", "ratio", "its peak MiB"),
        ),
        rows,
        "goals: wall <= 1.10 x, memory < 60 MB; `chrt -r 10` makes a busy machine a quiet one",
    )


def _row(server: Postfix, size: int) -> list[str]:
    argv = ["/usr/sbin/postqueue", "-c", str(server.config), "-j"]
    config = server.folder / "mailmedic.toml"
    config.write_text(_CONFIG.format(config=server.config))
    command = [sys.executable, "-m", "app", "--config", str(config), "queue"]
    alone, ours, cpu, shown = [], [], [], []
    for _ in range(RUNS):
        alone.append(_took(argv))
        began, used = time.monotonic(), time.process_time()
        listing = asyncio.run(
            _listing.read(LocalLogin(), argv, Postqueue(), Tally(), deadline=DEADLINE)
        )
        ours.append(time.monotonic() - began)
        cpu.append(time.process_time() - used)
        shown.append(_took(command))
        assert listing.tally.messages >= size, listing.cut
    return [
        f"{size:,} messages",
        *(spread(alone, 2), spread(ours, 2), _ratio(ours, alone), spread(cpu, 2)),
        *(spread(shown, 2), _ratio(shown, alone), str(_peak(command))),
    ]


def _took(argv: Sequence[str]) -> float:
    began = time.monotonic()
    subprocess.run(argv, stdout=subprocess.DEVNULL, check=False)  # 2: the queue is old
    return time.monotonic() - began


def _peak(argv: Sequence[str]) -> int:
    """MiB of memory at most. What `wait4` says of it counts our own from before the exec, too."""
    peak = 0
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            status = Path(f"/proc/{process.pid}/status").read_text()
            if found := re.search(r"VmHWM:\s+(\d+) kB", status):
                peak = int(found[1]) // 1024
            time.sleep(0.02)
    return peak


def _ratio(ours: Sequence[float], alone: Sequence[float]) -> str:
    """Run by run: what else the machine does hits neighbours alike."""
    return f"{median(one / other for one, other in zip(ours, alone, strict=True)):.2f}"
