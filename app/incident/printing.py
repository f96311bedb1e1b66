"""A report leaves mailmedic: through CUPS onto paper, or into a file of its own."""

from __future__ import annotations

import os
import re
import subprocess
from itertools import count
from pathlib import Path

from app.incident import place, reports
from app.incident.error import LogError, why
from app.incident.story import Story
from checks.text import visible

WITHIN = 20.0
"""Seconds that CUPS gets to take a job: it copies it, it does not wait for paper."""

PAPER = ("cpi=12", "lpi=6", "page-left=36")
"""Letters and lines to the inch, and room for a binder: so that 80 columns and 58 lines are one
page of A4 and of US Letter. CUPS' own 10 letters to the inch break each line on A4."""

_JOB = re.compile(r"request id is (\S+)")


class PrintError(LogError):
    """It could not be printed; says why, and what printers there are."""


def to_printer(story: Story, printer: str, *, plain: bool = False) -> str:
    """Hand the report to a printer's queue; a line on what became of it. Raises PrintError."""
    options = [word for option in PAPER for word in ("-o", option)]
    argv = ["lp", "-d", printer, "-t", f"Incident {story.id}", *options, "-"]
    said = _run(argv, document(story, "text", plain=plain))
    if said.returncode:
        raise PrintError(f"printer {printer}: {_reason(said)}; {_others()}")
    job = _JOB.search(said.stdout)
    if job is None or not _is_known(job[1], printer):
        raise PrintError(f"printer {printer}: CUPS took it, and knows of no such job; it may print")
    return f"printer {printer} has it as job {job[1]}{_stopped(printer)}"


def to_file(story: Story, path: Path, name: str, *, plain: bool = False) -> Path:
    """Write the report in format `name` to `path`, or into that folder; where it is then.

    The file is whole or not there, and never takes another's place. Raises LogError.
    """
    if path.is_dir():
        path /= f"incident-{story.id}{reports.load(name).SUFFIX}"
    try:
        place.put(path, document(story, name, plain=plain).encode())
    except FileExistsError:
        raise LogError(f"{path}: is there already, and was left as it is") from None
    except OSError as error:
        raise LogError(f"{path}: can't be written: {why(error)}") from error
    return path


def keep(story: Story, folder: Path, name: str = "text", *, plain: bool = False) -> Path:
    """Write the report into `folder`, made when missing, under a free name. Raises LogError."""
    try:
        place.make_folder(folder)
    except OSError as error:
        raise LogError(f"{folder}: can't be made: {why(error)}") from error
    suffix = reports.load(name).SUFFIX
    for number in count(1):
        again = f"-{number}" if number > 1 else ""
        path = folder / f"incident-{story.id}{again}{suffix}"
        if not os.path.lexists(path):
            return to_file(story, path, name, plain=plain)
    raise AssertionError


def document(story: Story, name: str = "text", *, plain: bool = False) -> str:
    """The report in format `name`; text is in pages, unless `plain`."""
    if plain and name == "text":
        from app.incident.reports import text

        return text.plain(story)
    return reports.load(name).render(story)


def printers() -> tuple[str, ...]:
    """The printers that CUPS knows of; none where there is no CUPS."""
    try:
        return tuple(visible(line, 127) for line in _run(["lpstat", "-e"]).stdout.split())
    except PrintError:
        return ()


def _run(argv: list[str], text: str = "") -> subprocess.CompletedProcess[str]:
    """Run one of CUPS' programs, in English. Raises PrintError."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    try:
        return subprocess.run(
            argv,
            input=text,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=WITHIN,
            check=False,
            env=environment,
        )
    except FileNotFoundError:
        raise PrintError(f"there is no {argv[0]} here; the package cups-client has it") from None
    except subprocess.TimeoutExpired:
        raise PrintError(
            f"{argv[0]} gave no answer in {WITHIN:.0f} s; it may still print"
        ) from None
    except OSError as error:
        raise PrintError(f"{argv[0]}: {why(error)}") from error


def _reason(said: subprocess.CompletedProcess[str]) -> str:
    last = said.stderr.strip().rpartition("\n")[2]
    text = visible(last).removeprefix("lp: ").removeprefix("Error - ").rstrip(".")
    return text or f"lp ended with {said.returncode}"


def _others() -> str:
    there = printers()
    return f"there are {', '.join(there)}" if there else "CUPS knows of no printer here"


def _is_known(job: str, printer: str) -> bool:
    """Whether the queue has that job, waiting or done."""
    listed = _run(["lpstat", "-W", "all", "-o", printer]).stdout
    return any(line.split(maxsplit=1)[:1] == [job] for line in listed.splitlines())


def _stopped(printer: str) -> str:
    """What keeps the queue from printing it, if anything does."""
    said = _run(["lpstat", "-p", printer]).stdout
    first, _, rest = said.partition("\n")
    if " disabled " not in first:
        return ""
    reason = visible(rest.strip().partition("\n")[0])
    return f", but is stopped ({reason}): `cupsenable {printer}` starts it"
