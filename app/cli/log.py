"""What a host's mail log says: trouble by shape, or line by line, and what is added to it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from app.problem import MISUSE

if TYPE_CHECKING:
    from datetime import datetime

    from app.config import Config
    from checks.log_line import Line
    from checks.maillog.excerpt import Excerpt


def add_arguments(parser: ArgumentParser) -> None:
    """Say what the subcommand takes."""
    parser.add_argument("host", metavar="HOST", help="whose log")
    parser.add_argument("--since", default="1h", metavar="TIME", help="30m (ago), 03:10 (UTC); 1h")
    parser.add_argument("--all", action="store_true", help="all lines, not trouble alone")
    parser.add_argument("--lines", action="store_true", help="each line, not how many of a shape")
    parser.add_argument("--follow", action="store_true", help="each line, and what is added")


def run(arguments: Namespace) -> int:
    """Print it; 3 where it can't be read, or not all of it."""
    import asyncio

    from app.choose import choose
    from app.logs import moment
    from checks.model import now

    config = choose(arguments.config, [])
    since = moment(arguments.since, now())
    try:
        return asyncio.run(_log(config, arguments, since))
    except KeyboardInterrupt:
        return 0


async def _log(config: Config, arguments: Namespace, since: datetime) -> int:
    import sys

    from app.choose import login_of
    from app.engine import close_logins
    from app.logs import Look, missing
    from checks.maillog.reading import follow, sounds_bad

    def added(lines: Sequence[Line]) -> None:
        wanted = [one for one in lines if arguments.all or sounds_bad(one.text)]
        print("".join(f"{one}\n" for one in as_lines(wanted)), end="", flush=True)

    try:
        look = Look(arguments.host, since, is_all=arguments.all, from_start=False)
        found = await look.run(config)
        by_line = arguments.lines or arguments.follow
        for text in as_lines(found.lines) if by_line else as_shapes(found):
            print(text)
        if lacking := missing(found):
            print(f"mailmedic: {arguments.host}: {lacking}", file=sys.stderr)
        if arguments.follow:
            login = login_of(config.system.hosts, arguments.host)
            ended = await follow(login, found, added)
            print(f"mailmedic: no longer followed: {ended}", file=sys.stderr)
        return MISUSE if found.denied or found.trouble else 0
    finally:
        await close_logins(config.system)


def as_lines(lines: Iterable[Line]) -> list[str]:
    """Each line with its time and program, secrets masked."""
    from checks.text import redact
    from checks.when import iso

    return [f"{iso(one.at)} {one.program}: {redact(one.text)}" for one in lines]


def as_shapes(found: Excerpt) -> list[str]:
    """What there is most of first."""
    from checks.maillog.excerpt import in_order
    from checks.when import iso

    return [
        f"{one.count:>9,}  {iso(one.first)}  {iso(one.last)}  {one.program}: {one.text}"
        for one in in_order(found.shapes, None)
    ]
