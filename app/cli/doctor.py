"""What this machine and each host's login allow, with the line that mends each gap."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.config import Config
    from app.doctor import Ability


def add_arguments(parser: ArgumentParser) -> None:
    """Say what the subcommand takes."""
    parser.add_argument("domain", nargs="*", metavar="DOMAIN", help="what to look at; else config")


def run(arguments: Namespace) -> int:
    """Print what is allowed and what not; 0, or 3 when something can't be seen."""
    import asyncio

    abilities = asyncio.run(_examine(_config(arguments)))
    width = max(len(ability.subject) for ability in abilities)
    for ability in abilities:
        word = "ok " if ability.is_there else "gap"
        print(f"{word}  {ability.subject:<{width}}  {ability.text}")
        if ability.mend:
            print(f"     {'':<{width}}  mend: {ability.mend}")
        for line in ability.lines:
            print(f"     {line}")
    return 0 if all(ability.is_there for ability in abilities) else 3


def _config(arguments: Namespace) -> Config:
    """What there is to watch; this machine can be examined where there is nothing."""
    from app.choose import NothingToWatch, choose
    from app.config import Config
    from checks.model import System
    from checks.resolver import Resolver

    try:
        return choose(arguments.config, arguments.domain)
    except NothingToWatch:
        return Config(system=System(name="", resolver=Resolver()))


async def _examine(config: Config) -> list[Ability]:
    from app.cli.status import sweep
    from app.doctor import of_hosts, rights, this_machine

    machine = await this_machine(config)
    lacking = await rights(config)
    return [*machine, *of_hosts(config, (await sweep(config)).board), *lacking]
