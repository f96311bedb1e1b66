"""A log of 1 GB, a day's: what its last quarter of an hour says, grouped by shape."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from checks.hosts.local import LocalLogin
from checks.model import now
from checks.server import _log_look
from checks.server._log_ledger import Ledger
from checks.server._log_look import Place, answer, ask
from tests.bench._maillog import write
from tests.bench._table import show, spread

RUNS = 5
SIZE = 1_000_000_000
DAY, QUARTER = timedelta(days=1), timedelta(minutes=15)
DEADLINE = 60.0


def main() -> None:
    """Print the table."""
    with TemporaryDirectory(prefix="mm-bench-") as name:
        folder, until = Path(name), now()
        log = folder / "mail.log"
        write(log, SIZE, span=DAY, until=until)
        login = _without_journal(folder)
        with patch.multiple(_log_look, SYSLOG_FILES=(str(log),), OWN_FILES=()):
            seen = [asyncio.run(_look(login, until - QUARTER)) for _ in range(RUNS)]
    took, cpu = zip(*seen, strict=True)
    rows = [["the check's look at the last 15 min", spread(took, 2), spread(cpu, 2), "< 0.5"]]
    show(f"A log of 1 GB, n={RUNS}", ("", "wall s", "our CPU s", "goal"), rows)


async def _look(login: LocalLogin, since: datetime) -> tuple[float, float]:
    """How long it takes, and how much of it our own process works."""
    began, used = time.monotonic(), time.process_time()
    ledger = Ledger(since, DAY.total_seconds())
    reading = answer(await ask(login, Place(), since, (), deadline=DEADLINE)).reading
    ledger.take(reading)
    assert ledger.facts(reading, since).shapes
    return time.monotonic() - began, time.process_time() - used


def _without_journal(folder: Path) -> LocalLogin:
    """This machine, as if it had no journal."""
    tool = folder / "bin" / "journalctl"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho 'No journal files were found.' >&2\nexit 1\n")
    tool.chmod(0o755)
    return LocalLogin({"PATH": f"{tool.parent}:{os.environ['PATH']}"})
