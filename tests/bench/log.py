"""The incident log: an entry with its fsync beside other ways, opening, seeing what others add."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from tinydb import TinyDB

from app.incident import entry as make
from app.incident import folder as incidents
from app.incident import witness
from app.incident.chain import canonical
from app.incident.kinds import Note
from app.incident.log import IncidentLog
from tests.bench._table import show, spread

SIZES = (10, 1_000, 10_000)
ROUNDS = 100
SLOW_ROUNDS = 5
"""Plain TinyDB writes all it holds each time."""

COLUMNS = {
    "raw": "append + fdatasync",
    "sqlite": "SQLite WAL, FULL",
    "tinydb": "plain TinyDB, no fsync",
    "insert": "ours, insert",
    "append": "ours, append",
}

SEEN = 20
TEXT = "mail1: 4,123 deferred, all of them for example.org: connection timed out"

Add = Callable[[], object]


def main() -> None:
    """Print the tables."""
    with TemporaryDirectory(prefix="mm-bench-log-") as name:
        folder = Path(name)
        witness.SOCKET = str(folder / "nobody-listens")
        _adding(folder)
        _opening(folder)
        asyncio.run(_seeing(folder))


def _adding(folder: Path) -> None:
    rows = []
    for size in SIZES:
        place = folder / str(size)
        place.mkdir()
        log = filled(place, size)
        ways: dict[str, Add] = {
            "raw": _raw(place),
            "sqlite": _sqlite(place, size),
            "insert": _insert(log),
            "append": partial(log.append, Note(), TEXT),
        }
        took = _each(ways, ROUNDS) | _each({"tinydb": _tinydb(place, size)}, SLOW_ROUNDS)
        rows.append([f"{size:,} entries", *(_cell(took, way) for way in COLUMNS)])
    show(
        f"Incident log: one entry, ms (x the first), n={ROUNDS}, one way after the other",
        ("", *COLUMNS.values()),
        rows,
        "goals: ours < 1 ms at 10,000; <= 2 x append + fdatasync",
        "insert: lock, read, hash, fdatasync; append: also who, where, redaction, clock, syslog",
    )


def _cell(took: dict[str, list[float]], way: str) -> str:
    return f"{spread(took[way], 2)} {median(took[way]) / median(took['raw']):.1f}x"


def _each(ways: dict[str, Add], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each way; in turn, so that the machine's moods meet all of them."""
    took: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, add in ways.items():
            began = time.perf_counter()
            add()
            took[way].append((time.perf_counter() - began) * 1e3)
    return took


def _document() -> dict[str, Any]:
    return make.new(Note(), TEXT)


def _raw(place: Path) -> Add:
    line = canonical(_document() | {"prev": "0" * 64, "hash": "0" * 64}) + b"\n"
    fd = os.open(place / "raw", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def add() -> None:
        os.write(fd, line)
        os.fdatasync(fd)

    return add


def _sqlite(place: Path, size: int) -> Add:
    text = canonical(_document()).decode()
    base = sqlite3.connect(place / "sqlite")
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("PRAGMA synchronous = FULL")
    base.execute("CREATE TABLE entries (n INTEGER PRIMARY KEY, document TEXT)")
    insert = "INSERT INTO entries (document) VALUES (?)"
    base.executemany(insert, [(text,)] * size)
    base.commit()

    def add() -> None:
        base.execute(insert, (text,))
        base.commit()

    return add


def _tinydb(place: Path, size: int) -> Add:
    base = TinyDB(place / "tinydb.json")
    base.insert_multiple(_document() for _ in range(size))
    return lambda: base.insert(_document())


def _insert(log: IncidentLog) -> Add:
    document = _document()
    return lambda: log._table.insert(document | {"id": os.urandom(16).hex()})


def filled(place: Path, size: int) -> IncidentLog:
    """The log of an incident of `size` entries."""
    log = IncidentLog.create(place, "x", spare=place / "spare")
    log._table.insert_multiple(_document() for _ in range(size - 1))
    log.refresh()
    return log


def _opening(folder: Path) -> None:
    place = folder / str(SIZES[-1])
    [incident] = incidents.ids(place)
    took = _each(
        {
            "TinyDB": lambda: TinyDB(place / "tinydb.json").all(),
            "ours": lambda: IncidentLog(place, incident, spare=place / "spare"),
            "which one is open": lambda: incidents.current(place),
        },
        SLOW_ROUNDS,
    )
    rows = [[way, spread(found)] for way, found in took.items()]
    show(f"Opening {SIZES[-1]:,} entries, ms, n={SLOW_ROUNDS}", ("", "median (min-max)"), rows)


async def _seeing(folder: Path) -> None:
    """How long another console takes to see an entry."""
    log = filled(folder / "seen", 1_000)
    other = IncidentLog(folder / "seen", log.id, spare=folder / "spare")
    seen = other.follow()
    await anext(seen)
    took = []
    for _ in range(SEEN):
        await asyncio.sleep(0.05)
        began = time.perf_counter()
        await asyncio.to_thread(log.append, Note(), TEXT)
        await anext(seen)
        took.append((time.perf_counter() - began) * 1e3)
    rows = [["another console sees it", spread(took), "< 1000"]]
    show(f"An entry of somebody else, ms, n={SEEN}", ("", "median (min-max)", "goal"), rows)
