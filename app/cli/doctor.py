"""What this machine and each host's login allow, with the line that mends each gap."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Say what the subcommand takes."""
    parser.add_argument("domain", nargs="*", metavar="DOMAIN", help="what to look at; else config")


def run(arguments: Namespace) -> int:
    """Print what is allowed and what not; 0, or 3 when something can't be seen."""
    import asyncio

    from app.choose import choose
    from app.cli.status import sweep
    from app.doctor import of_hosts, this_machine
    from checks.model import State

    config = choose(arguments.config, arguments.domain)
    board = asyncio.run(sweep(config)).board
    abilities = [*this_machine(config), *of_hosts(config, board)]
    width = max(len(ability.subject) for ability in abilities)
    for ability in abilities:
        word = "ok " if ability.state == State.OK else "gap"
        print(f"{word}  {ability.subject:<{width}}  {ability.text}")
        if ability.mend:
            print(f"     {'':<{width}}  mend: {ability.mend}")
    return 0 if all(ability.state == State.OK for ability in abilities) else 3
