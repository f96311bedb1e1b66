"""Take a new baseline: the configuration that hosts have now counts as good from now on."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Say what the subcommand takes."""
    parser.add_argument("host", nargs="?", default="", metavar="HOST", help="one host; else all")


def run(arguments: Namespace) -> int:
    """Take it; 0, or 3 where a host could not be asked or nothing could be kept."""
    import asyncio

    from app import changes
    from app.choose import choose
    from checks.model import State

    taken = asyncio.run(changes.take(choose(arguments.config, []), arguments.host))
    for job, result in taken:
        print(f"{job.target.name}  {job.kind}  {result.summary}")
    failed = [one.state == State.UNKNOWN or "config.not-kept" in one.codes for _, one in taken]
    return 3 if any(failed) else 0
