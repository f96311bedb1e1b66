"""The folder of incidents: their ids, which there are, and the one that is open."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

from app.incident import lock, place
from app.incident.entry import Entry, read
from app.incident.error import LogError, why
from app.incident.journal import LOCK_WITHIN, Journal
from app.incident.kinds import Opened
from checks.model import now

SUFFIX = ".jsonl"
TABLE = "entries"
RECENT = 20
"""How many of the newest incidents are looked at for one to resume."""

TURNS = {"opened": True, "closed": False}
"""Kinds after which an incident is open, or is not any more."""

_ID = re.compile(r"\d{4}-\d\d-\d\d-\d\d+")


class Summary(Struct, frozen=True, kw_only=True):
    """An incident in one line of a list."""

    id: str
    title: str
    is_open: bool
    entries: tuple[Entry, ...]


def path_of(folder: Path, incident: str) -> Path:
    """The file of an incident. Raises LogError for what is no id of one."""
    if not _ID.fullmatch(incident):
        raise LogError(f"{incident!r} is not the id of an incident, such as 2026-11-23-01")
    return folder / f"{incident}{SUFFIX}"


def ids(folder: Path) -> list[str]:
    """The incidents there are, the newest first; none where there is no folder. Raises LogError."""
    try:
        found = [path.stem for path in folder.iterdir() if path.suffix == SUFFIX]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise LogError(f"{folder}: can't be read: {why(error)}") from error
    return sorted(filter(_ID.fullmatch, found), key=_order, reverse=True)


def _order(incident: str) -> tuple[str, int]:
    day, _, number = incident.rpartition("-")
    return day, int(number)


def make(folder: Path) -> str:
    """A new, empty incident of today (UTC); its id. Raises LogError."""
    day = f"{now():%Y-%m-%d}"
    try:
        place.make_folder(folder)
        number = max((_order(one)[1] for one in ids(folder) if one.startswith(day)), default=0)
        while True:
            number += 1
            incident = f"{day}-{number:02}"
            try:
                place.put(path_of(folder, incident), b"")
            except FileExistsError:
                continue  # another operator was faster
            return incident
    except OSError as error:
        raise LogError(f"{folder}: no incident can be opened: {why(error)}") from error


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Inside, nobody else opens an incident. Raises LogError."""
    try:
        place.make_folder(folder)
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise LogError(f"{folder}: no incident can be opened: {why(error)}") from error
    try:
        lock.take(fd, folder, LOCK_WITHIN)
        yield
    finally:
        os.close(fd)


def summary(folder: Path, incident: str) -> Summary:
    """An incident, read once. Raises LogError."""
    documents = _documents(folder, incident)
    entries = tuple(map(read, documents))
    opened = next((one.data for one in entries if isinstance(one.data, Opened)), None)
    return Summary(
        id=incident,
        title=opened.title if opened else "",
        is_open=_is_open(documents),
        entries=entries,
    )


def current(folder: Path) -> str | None:
    """The newest incident that is open: the one to resume.

    Raises LogError where there is none, but one that can't be read.
    """
    hidden: LogError | None = None
    for incident in ids(folder)[:RECENT]:
        try:
            if _is_open(_documents(folder, incident)):
                return incident
        except LogError as error:
            hidden = hidden or error
    if hidden:
        raise hidden
    return None


def _documents(folder: Path, incident: str) -> list[dict[str, Any]]:
    journal = Journal(path_of(folder, incident))
    journal.close()
    return [line.document for line in journal.lines if line.table == TABLE]


def _is_open(documents: list[dict[str, Any]]) -> bool:
    """Whether work goes on: it has not been closed, or was opened again since.

    One without entries was begun by somebody who could not write the first one yet.
    """
    turns = (TURNS[kind] for one in reversed(documents) if (kind := str(one.get("kind"))) in TURNS)
    return next(turns, True)
