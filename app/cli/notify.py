"""The ways that notices go: which there are, whether they work, and whom to call."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from app.problem import MISUSE, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.config import Config
    from app.incident.kinds import Delivery
    from app.notices.route import Route

EXIT_STATUS = {"accepted": 0, "refused": 2, "unknown": 3}

EVERY = "*"


def add_arguments(parser: ArgumentParser) -> None:
    """Say what the subcommand takes."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--list", action="store_true", help="every route, and what it depends on")
    what.add_argument(
        "--test", nargs="?", const=EVERY, metavar="ROUTE", help="send a marked test; else by all"
    )
    what.add_argument("--contacts", action="store_true", help="whom to call now")


def run(arguments: Namespace) -> int:
    """Do it; of tests the worst outcome: 0 accepted, 2 refused, 3 unknown. Raises Problem."""
    config = _config(arguments.config)
    if arguments.contacts:
        return _contacts(config)
    if not config.routes:
        raise Problem("the config has no [[route]]; README.md shows some")
    return _list(config) if arguments.list else _test(config, arguments.test)


def _config(named: str | None) -> Config:
    from app.choose import load_config
    from app.places import find_config

    path = find_config(named)
    if path is None:
        raise Problem("no config, so no route; `mailmedic init DOMAIN` writes one")
    return load_config(path, ())


def _list(config: Config) -> int:
    import asyncio

    from app.notices.depends import depends, examine
    from app.notices.route_words import told
    from app.places import state_path

    known = asyncio.run(examine(config.routes, config.system))
    for route in config.routes:
        needs = depends(route, config.system, known)
        print("\n".join(told(route, needs, state_path(config.log.folder))))
    return 0


def _test(config: Config, named: str) -> int:
    import asyncio

    from app.notices.route_test import TooMany, for_test
    from app.places import PlaceError, state_folder

    chosen = [route for route in config.routes if named in (EVERY, route.name)]
    if not chosen:
        there = ", ".join(route.name for route in config.routes)
        raise Problem(f"no route is called {named!r}; there are {there}")
    try:
        for route in chosen:
            for_test(route)
        state = state_folder(config.log.folder)
    except (TooMany, PlaceError) as error:
        raise Problem(str(error)) from error
    return asyncio.run(_test_all(chosen, state))


async def _test_all(chosen: Sequence[Route], state: Path) -> int:
    """Test them at the same time, and tell of each as soon as it has ended."""
    import asyncio

    async def one(route: Route) -> Sequence[Delivery]:
        from app.incident.kinds import fared
        from app.notices.route_test import test

        found = await test(route, state)
        print("\n".join(fared(found)), flush=True)
        return found

    try:
        found = await asyncio.gather(*map(one, chosen))
    except OSError as error:
        raise Problem(f"{state}: the outcome can't be kept: {error.strerror}") from error
    return max(EXIT_STATUS.get(one.outcome, MISUSE) for part in found for one in part)


def _contacts(config: Config) -> int:
    from app.notices.contacts import contacts_now
    from checks.model import now

    if not config.contacts:
        raise Problem("the config has no [[contact]]; README.md shows some")
    for one in contacts_now(config.contacts, now()):
        print(f"{'now ' if one.is_there else 'away'}  {one.line}")
    return 0
