"""What a day's log says, grouped by shape: its last quarter of an hour, and all of it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from checks.hosts.local import LocalLogin
from checks.maillog import reading
from checks.maillog.excerpt import Gathering
from checks.model import now
from checks.server import _log_look
from checks.server._log_ledger import Ledger
from checks.server._log_look import Place, answer, ask
from tests.bench._maillog import write
from tests.bench._table import show, spread

RUNS = 5
LARGE, DAYS = 1_000_000_000, 281_000_000
DAY, QUARTER = timedelta(days=1), timedelta(minutes=15)
DEADLINE = 60.0


def main() -> None:
    """Print the table."""
    with TemporaryDirectory(prefix="mm-bench-") as name:
        folder, until = Path(name), now()
        large, day = folder / "large.log", folder / "day.log"
        write(large, LARGE, span=DAY, until=until)
        write(day, DAYS, span=DAY, until=until)
        login = _without_journal(folder)
        rows = [
            _row("1 GB, the check's look at the last 15 min", large, "< 0.5", _check, login, until),
            _row("1 GB, all trouble of the last 15 min", large, "< 0.5", _quarter, login, until),
            _row("281 MB, all trouble of the day", day, "< 6", _day, login, until),
        ]
    show(f"Mail log by shape, n={RUNS}", ("", "wall s", "our CPU s", "goal"), rows)


def _row(
    name: str,
    log: Path,
    goal: str,
    look: Callable[[LocalLogin, datetime], Coroutine[None, None, None]],
    login: LocalLogin,
    until: datetime,
) -> list[str]:
    """How long it takes, and how much of it our own process works."""
    took, cpu = [], []
    for _ in range(RUNS):
        with (
            patch.multiple(_log_look, SYSLOG_FILES=(str(log),), OWN_FILES=()),
            patch.multiple(reading, SYSLOG_FILES=(str(log),), OWN_FILES=()),
        ):
            began, used = time.monotonic(), time.process_time()
            asyncio.run(look(login, until))
            took.append(time.monotonic() - began)
            cpu.append(time.process_time() - used)
    return [name, spread(took, 2), spread(cpu, 2), goal]


async def _check(login: LocalLogin, until: datetime) -> None:
    since = until - QUARTER
    ledger = Ledger(since, DAY.total_seconds())
    seen = answer(await ask(login, Place(), since, (), deadline=DEADLINE)).reading
    ledger.take(seen)
    assert ledger.facts(seen, since).shapes


async def _quarter(login: LocalLogin, until: datetime) -> None:
    await _all_trouble(login, until - QUARTER)


async def _day(login: LocalLogin, until: datetime) -> None:
    await _all_trouble(login, until - DAY)


async def _all_trouble(login: LocalLogin, since: datetime) -> None:
    found = await reading.excerpt(
        login, Gathering(since), since, is_all=False, from_start=False, deadline=DEADLINE
    )
    assert sum(one.count for one in found.shapes) == found.total
    assert not found.trouble


def _without_journal(folder: Path) -> LocalLogin:
    """This machine, as if it had no journal."""
    tool = folder / "bin" / "journalctl"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho 'No journal files were found.' >&2\nexit 1\n")
    tool.chmod(0o755)
    return LocalLogin({"PATH": f"{tool.parent}:{os.environ['PATH']}"})
