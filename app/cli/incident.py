"""The incident log without a screen: list, show, note, verify, export, open, close."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from app.problem import Problem

if TYPE_CHECKING:
    from app.incident.entry import Entry
    from app.incident.log import IncidentLog
    from app.incident.reports import Story

BROKEN = 2
"""Exit status when the chain is not whole."""


def add_arguments(parser: ArgumentParser) -> None:
    """Say what the subcommand takes."""
    parsers = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    parsers.add_parser("list", help="all incidents, the newest first")
    parsers.add_parser("show", help="one incident, as text").add_argument("id", nargs="?")
    note = parsers.add_parser("note", help="add a note to the open incident")
    note.add_argument("text", help="what to note; - reads it from standard input")
    verify = parsers.add_parser("verify", help="whether the log is as it was written")
    verify.add_argument("id", nargs="?")
    verify.add_argument(
        "--head", action="append", default=[], metavar="HASH", help="kept elsewhere"
    )
    export = parsers.add_parser("export", help="one incident, in another format")
    export.add_argument("id", nargs="?")
    shape = export.add_mutually_exclusive_group()
    for name in ("json", "csv", "markdown", "text"):
        shape.add_argument(f"--{name}", dest="format", action="store_const", const=name)
    opened = parsers.add_parser("open", help="open an incident")
    opened.add_argument("title")
    closed = parsers.add_parser("close", help="close the open incident")
    closed.add_argument("--summary", default="")
    closed.add_argument("--root-cause", default="")
    closed.add_argument("--prevention", default="")


def run(arguments: Namespace) -> int:
    """Do it; 0, or 2 when the chain is broken. Raises Problem."""
    shared = _shared(arguments.config)
    folder = _folder(shared)
    match arguments.what:
        case "list":
            return _list(folder)
        case "verify":
            return _verify(folder, arguments)
        case "note":
            return _note(folder, arguments.text)
        case "open":
            return _open(shared, arguments.title)
        case "close":
            return _close(folder, arguments)
        case _:
            return _export(folder, arguments)


def _shared(config: str | None) -> str:
    """``[log] folder`` of the config, empty where there is none."""
    from app.choose import load_config
    from app.places import find_config

    path = find_config(config)
    return load_config(path, ()).log.folder if path else ""


def _folder(shared: str) -> Path:
    """The folder of incidents, whether it is there or not: who may not write may read."""
    from app.places import state_path

    return state_path(shared) / "incidents"


def _chosen(folder: Path, named: str | None) -> str:
    from app.incident.folder import current, ids

    if named or (named := current(folder)):
        return named
    for newest in ids(folder):
        return newest
    raise Problem(f'{folder}: no incident yet; `mailmedic incident open "TITLE"` begins one')


def _current(folder: Path) -> IncidentLog:
    from app.incident.folder import current
    from app.incident.log import IncidentLog

    found = current(folder)
    if found is None:
        raise Problem('no incident is open; `mailmedic incident open "TITLE"` opens one')
    return IncidentLog(folder, found)


def _story(folder: Path, named: str | None) -> Story:
    from app.incident.chain import verify
    from app.incident.log import IncidentLog
    from app.incident.reports import Story

    log = IncidentLog(folder, _chosen(folder, named))
    return Story(log.id, log.entries, verify(log.content()))


def _list(folder: Path) -> int:
    from app.incident.folder import ids, summary
    from app.incident.metrics import measures
    from checks.when import span

    for incident in ids(folder):
        found = summary(folder, incident)
        resolved = next(one for one in measures(found.entries) if one.name == "TTR").seconds
        took = "-" if resolved is None else span(resolved)
        state = "open" if found.is_open else "closed"
        print(f"{incident}  {state:<6}  {len(found.entries):>5} entries  {took:>8}  {found.title}")
    return 0


def _export(folder: Path, arguments: Namespace) -> int:
    from app.incident.reports import load

    chosen = getattr(arguments, "format", None) or "text"
    sys.stdout.write(load(chosen).render(_story(folder, arguments.id)))
    return 0


def _verify(folder: Path, arguments: Namespace) -> int:
    from app.incident.chain import verify
    from app.incident.folder import path_of

    incident = _chosen(folder, arguments.id)
    path = path_of(folder, incident)
    try:
        found = verify(path.read_bytes(), arguments.head)
    except (OSError, ValueError) as error:
        raise Problem(f"{path}: {error}") from error
    if found.unfinished:
        print(f"{incident}: {found.unfinished} bytes of an unfinished line at the end")
    if found.broken:
        print(f"{incident}: BROKEN: {found.broken}")
        return BROKEN
    against = f", and holds {len(arguments.head)} witnessed heads" if arguments.head else ""
    print(f"{incident}: intact, {found.entries} entries{against}; head {found.head}")
    return 0


def _note(folder: Path, text: str) -> int:
    from app.incident.kinds import Note

    said = sys.stdin.read() if text == "-" else text
    if not said.strip():
        raise Problem("the note is empty")
    log = _current(folder)
    return _told(log, log.append(Note(), said.strip()))


def _open(shared: str, title: str) -> int:
    from app.incident.folder import current
    from app.incident.log import IncidentLog
    from app.places import PlaceError, state_folder

    folder = _folder(shared)
    if found := current(folder):
        raise Problem(f"incident {found} is open: `mailmedic incident close` ends it")
    try:
        state_folder(shared)
    except PlaceError as error:
        raise Problem(str(error)) from error
    log = IncidentLog.create(folder, title)
    return _told(log, log.entries[-1])


def _close(folder: Path, arguments: Namespace) -> int:
    from app.incident.kinds import Closed

    closed = Closed(
        summary=arguments.summary,
        root_cause=arguments.root_cause,
        prevention=arguments.prevention,
    )
    log = _current(folder)
    return _told(log, log.append(closed))


def _told(log: IncidentLog, entry: Entry) -> int:
    """Say where the entry is; what is not on disk is an error."""
    if not entry.is_written:
        raise Problem(log.trouble)
    print(f"{log.id}: entry {entry.n}, hash {entry.hash}")
    return 0
