"""A command on a host: shown, asked for, run, and written into the open incident's log."""

from __future__ import annotations

import os
import sys
from argparse import REMAINDER, ArgumentParser, ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

from app.problem import MISUSE, Problem

if TYPE_CHECKING:
    from app.command.deed import Command
    from app.incident.entry import Entry
    from app.incident.log import IncidentLog

EXIT_STATUS = {"done": 0, "failed": 2, "unknown": 3}


def add_arguments(parser: ArgumentParser) -> None:
    """Say what the subcommand takes."""
    parser.usage = f"{parser.prog} [--yes] [--again] [--deadline SECONDS] HOST -- COMMAND…"
    parser.epilog = "Exit status: 0 done, 2 failed, 3 unknown or misuse."
    parser.add_argument("host", metavar="HOST", help="a host of the config that has a login")
    parser.add_argument("command", metavar="COMMAND", nargs=REMAINDER, help="what to run there")
    parser.add_argument("--yes", action="store_true", help="do not ask: for scripts")
    parser.add_argument("--again", action="store_true", help="also where it has just been run")
    parser.add_argument(
        "--deadline",
        metavar="SECONDS",
        type=_seconds,
        default=60.0,
        help="when it is ended there; 60 unless given",
    )


def _seconds(text: str) -> float:
    from app.command.deed import seconds

    try:
        return seconds(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def run(arguments: Namespace) -> int:
    """Do it; 0 done, 2 failed, 3 unknown. Raises Problem."""
    import asyncio

    from app.choose import choose, with_login
    from app.command.deed import Command

    config = choose(arguments.config, [])
    host = with_login(config.system.hosts, arguments.host)
    log = _open_log(config.log.folder)
    try:
        command = Command(host, _words(arguments.command), arguments.deadline)
        _ask(command, log, arguments)
        return _told(command, asyncio.run(_run(command, log)), log.trouble)
    finally:
        log.close()


def _words(given: list[str]) -> list[str]:
    """The command's words; argparse leaves our ``--`` before them or not, by its version."""
    words = given[1:] if given[:1] == ["--"] else given
    if not words:
        raise Problem("COMMAND is missing; `mailmedic run --help` tells what there is")
    return words


def _open_log(shared: str) -> IncidentLog:
    from app.incident.log import IncidentLog
    from app.places import state_path

    log = IncidentLog.resume(state_path(shared) / "incidents")
    if log is None:
        raise Problem(
            "no incident is open, and what is done has to be written down: "
            '`mailmedic incident open "TITLE"` opens one'
        )
    return log


def _ask(command: Command, log: IncidentLog, arguments: Namespace) -> None:
    """Show what is going to be run; come back only with a yes. Raises Problem."""
    from app.command.line import is_grave, is_restart, remarks
    from app.command.repeat import just_begun
    from checks.model import now

    name = command.host.name
    _say(f"on {command.target}, ended there after {command.deadline:g} s, in incident {log.id}:")
    _say(f"    {command.shown}")
    for remark in remarks(command.argv):
        _say(remark)
    before = just_begun(log.entries, name, command.argv, now())
    if before is not None and not arguments.again:
        if arguments.yes:
            raise Problem(f"{before}; --again runs it nevertheless")
        _yes_or_leave(f"{before}. Again? [y/N] ", "y")
    if arguments.yes:
        return
    if is_restart(command.argv):
        _offer_evidence(name, log, arguments.config)
    if is_grave(command.argv):
        _yes_or_leave(f"it can stop or destroy something; type {name} to run it: ", name)
    else:
        _yes_or_leave(f"run it on {name}? [y/N] ", "y")


def _offer_evidence(name: str, log: IncidentLog, named: str | None) -> None:
    """A restart destroys it. Raises Problem."""
    answer = _answer(f"collect evidence of {name} first? a restart destroys it [y/n] ")
    if answer not in {"y", "n"}:
        raise Problem("not run")
    if answer == "y":
        from app.choose import choose
        from app.cli.evidence import collect

        collect(choose(named, []), name, log)  # logins belong to the loop they were first used on


def _yes_or_leave(question: str, wanted: str) -> None:
    if _answer(question) != wanted:
        raise Problem("not run")


def _answer(question: str) -> str:
    if not sys.stdin.isatty():
        raise Problem("there is no terminal to ask on; --yes runs it without asking")
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def _say(text: str) -> None:
    from checks.text import visible

    print(visible(text, 100_000), file=sys.stderr, flush=True)


async def _run(command: Command, log: IncidentLog) -> Entry:
    import asyncio
    import signal

    from app.actions import perform
    from app.command.output import Lines

    loop = asyncio.get_running_loop()
    lines = Lines(_print)
    command.on_output = lines.add
    doing = asyncio.create_task(perform(command, log))
    cancelling: list[asyncio.Task[None]] = []
    presses = 0

    def interrupted() -> None:
        """The first Ctrl-C asks, the second cancels."""
        nonlocal presses
        presses += 1
        if presses == 1:
            _say("it goes on; Ctrl-C once more cancels it, and how far it came will be unknown")
        elif presses == 2:
            cancelling.append(loop.create_task(command.cancel()))

    loop.add_signal_handler(signal.SIGINT, interrupted)
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, doing.cancel)
    try:
        return await doing
    except asyncio.CancelledError as error:
        raise Problem("ended by a signal") from error
    finally:
        lines.flush()
        await asyncio.gather(*cancelling)
        await command.close()


def _print(line: str) -> None:
    try:
        print(line, flush=True)
    except OSError:
        # Who read it has gone, or a disk is full; the command goes on, and its end is written down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _told(command: Command, entry: Entry, trouble: str) -> int:
    """Say how it ended; the exit status."""
    ended = command.ended
    if ended is None:
        return MISUSE
    _say(ended.lines()[0])
    if ended.reason:
        _say(ended.reason)
    if not entry.is_written:
        _say(f"not written into the log yet: {trouble}")
    return EXIT_STATUS[ended.outcome]
