"""The incident log without a screen: list, show, print, export, note, verify, open, close."""

from __future__ import annotations

import gc
import sys
from argparse import ArgumentParser, Namespace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.incident.error import LogError
from app.problem import Problem

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from app.config import Config
    from app.incident.entry import Entry
    from app.incident.log import IncidentLog
    from app.incident.story import Story

BROKEN = 2
"""Exit status when the chain is not whole."""


def add_arguments(parser: ArgumentParser) -> None:
    """Say what the subcommand takes."""
    parsers = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    listed = parsers.add_parser("list", help="all incidents, the newest first, and their figures")
    listed.add_argument("--json", action="store_true", help="one JSON document")
    _add_reading(parsers)
    note = parsers.add_parser("note", help="add a note to the open incident")
    note.add_argument("text", help="what to note; - reads it from standard input")
    verify = parsers.add_parser("verify", help="whether the log is as it was written")
    verify.add_argument("id", nargs="?")
    verify.add_argument(
        "--head", action="append", default=[], metavar="HASH", help="kept elsewhere"
    )
    opened = parsers.add_parser("open", help="open an incident")
    opened.add_argument("title")
    closed = parsers.add_parser("close", help="close the open incident")
    closed.add_argument("--summary", default="")
    closed.add_argument("--root-cause", default="")
    closed.add_argument("--prevention", default="")


def _add_reading(parsers: _SubParsersAction[ArgumentParser]) -> None:
    """What reads one incident."""
    from app.incident import reports

    show = parsers.add_parser("show", help="one incident, as text for a terminal")
    printed = parsers.add_parser("print", help="one incident: here, on a printer, or in a file")
    export = parsers.add_parser("export", help="one incident, in another format")
    review = parsers.add_parser("review", help="the post-incident review of one, in $EDITOR")
    for one in (show, printed, export, review):
        one.add_argument("id", nargs="?", help="else the open one, else the newest")
    for one in (show, printed, export):
        one.add_argument("--mask", action="store_true", help="without mail and IP addresses")
    where = printed.add_mutually_exclusive_group()
    where.add_argument("--to", metavar="PRINTER", help="one of those that `lpstat -e` lists")
    where.add_argument("--file", type=Path, metavar="PATH", help="a new file, or a folder for it")
    printed.add_argument("--format", choices=reports.names(), help="else text, or as PATH ends")
    printed.add_argument("--plain", action="store_true", help="text without pages, for a pipe")
    shape = export.add_mutually_exclusive_group()
    for name in reports.names():
        shape.add_argument(f"--{name}", dest="format", action="store_const", const=name)


def run(arguments: Namespace) -> int:
    """Do it; 0, or 2 when the chain is broken. Raises Problem."""
    config = _config(arguments.config)
    shared = config.log.folder if config else ""
    folder = _folder(shared)
    match arguments.what:
        case "list":
            return _list(folder, is_json=arguments.json)
        case "verify":
            return _verify(folder, arguments)
        case "note":
            return _note(folder, arguments.text)
        case "open":
            return _open(shared, arguments.title)
        case "close":
            return _close(folder, arguments)
        case _:
            return _read(folder, config, arguments)


def _config(named: str | None) -> Config | None:
    """The config that counts, if there is one."""
    from app.choose import load_config
    from app.places import find_config

    path = find_config(named)
    return load_config(path, ()) if path else None


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
    from app.incident.log import IncidentLog

    log = IncidentLog.resume(folder)
    if log is None:
        raise Problem('no incident is open; `mailmedic incident open "TITLE"` opens one')
    return log


def _list(folder: Path, *, is_json: bool) -> int:
    from app.incident.folder import ids, summary
    from app.incident.overview import document, lines, overview

    found, unread = [], []
    for incident in ids(folder):
        try:
            found.append(summary(folder, incident))
        except LogError as error:
            unread.append(str(error))
    over = overview(found, datetime.now().astimezone().date())
    print(document(over, unread) if is_json else "\n".join(lines(over, unread)))
    return 0


def _read(folder: Path, config: Config | None, arguments: Namespace) -> int:
    """Show, print, export or review one incident."""
    from app.incident import printing

    gc.disable()  # all that is made here lives until the end: a fifth of the time went into looking
    story = _story(folder, config, arguments)
    match arguments.what:
        case "show":
            sys.stdout.write(printing.document(story, plain=True))
            return 0
        case "export":
            sys.stdout.write(printing.document(story, arguments.format or "text"))
            return 0
        case "review":
            return _review(folder, story)
    return _print(story, arguments, folder.with_name("reports"))


def _story(folder: Path, config: Config | None, arguments: Namespace) -> Story:
    from app import sop
    from app.incident.log import IncidentLog
    from app.incident.mask import masked
    from app.incident.story import tell
    from app.incident.targets import TARGETS

    log = IncidentLog(folder, _chosen(folder, arguments.id))
    steps = sop.load(config.sop if config else None)
    story = tell(log, steps, config.targets if config else TARGETS)
    return masked(story) if getattr(arguments, "mask", False) else story


def _review(folder: Path, story: Story) -> int:
    from app.cli._review import review
    from app.incident.log import IncidentLog

    reviewed = review(folder, story)
    if reviewed is None:
        print(f"{story.id}: the review is as it was")
        return 0
    log = IncidentLog(folder, story.id)
    return _told(log, log.append(reviewed))


def _print(story: Story, arguments: Namespace, folder: Path) -> int:
    """Print to where the arguments say; without a printer, into a file in `folder`."""
    from app.incident import printing

    name = arguments.format or _format_of(arguments.file)
    plain = arguments.plain
    if name != "text" and (plain or arguments.to):
        word = "--plain" if plain else "--to"
        raise Problem(f"{word} is for text; --file takes {name}")
    if arguments.to:
        try:
            print(printing.to_printer(story, arguments.to, plain=plain))
        except printing.PrintError as error:
            kept = printing.keep(story, folder, plain=plain)
            raise Problem(f"{error}; the report is in {kept} instead") from error
    elif arguments.file:
        print(printing.to_file(story, arguments.file, name, plain=plain))
    else:
        plain = plain or sys.stdout.isatty()
        sys.stdout.write(printing.document(story, name, plain=plain))
    return 0


def _format_of(path: Path | None) -> str:
    """The format whose files end as `path` does; text where none does."""
    from app.incident import reports

    suffix = path.suffix if path else ""
    return next((name for name in reports.names() if suffix == reports.load(name).SUFFIX), "text")


def _verify(folder: Path, arguments: Namespace) -> int:
    from app.bundle.digest import check_bundles
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
    bundles, wrong = check_bundles(folder, incident)
    for line in (*bundles, *wrong):
        print(f"{incident}: {line}")
    if wrong:
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
    from app.incident.log import IncidentLog
    from app.places import PlaceError, state_folder

    try:
        state_folder(shared)
    except PlaceError as error:
        raise Problem(str(error)) from error
    log, is_new = IncidentLog.begin(_folder(shared), title)
    if not is_new:
        raise Problem(f"incident {log.id} is open: `mailmedic incident close` ends it")
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
