"""The evidence bundle of a host, before anything there is restarted."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from app.problem import MISUSE, Problem

if TYPE_CHECKING:
    from app.bundle.piece import Gathered
    from app.config import Config
    from app.incident.log import IncidentLog
    from checks.board import Standing
    from checks.model import Host


def add_arguments(parser: ArgumentParser) -> None:
    """Say what the subcommand takes."""
    parser.epilog = (
        "With an incident open it is kept beside its log and written into it, otherwise here. "
        "Exit status: 0 something was gathered, 3 nothing of the host, or misuse."
    )
    parser.add_argument("host", metavar="HOST", help="a host of the config that has a login")
    parser.add_argument(
        "--to", metavar="FOLDER", type=Path, help="keep it there, and in no incident's log"
    )


def run(arguments: Namespace) -> int:
    """Do it; 0, or 3 where nothing of the host could be gathered. Raises Problem."""
    from app.choose import choose
    from app.incident.log import IncidentLog
    from app.places import state_path

    config = choose(arguments.config, [])
    if arguments.to is not None:
        if not arguments.to.is_dir():
            raise Problem(f"{arguments.to} is no folder; mkdir makes one")
        return collect(config, arguments.host, None, arguments.to)
    log = IncidentLog.resume(state_path(config.log.folder) / "incidents")
    try:
        return collect(config, arguments.host, log)
    finally:
        if log is not None:
            log.close()


def collect(config: Config, name: str, log: IncidentLog | None, folder: Path = Path()) -> int:
    """Keep the bundle of that host beside `log`, else in `folder`, and say where it is.

    0, or 3 where nothing of the host could be gathered. Raises Problem.
    """
    import asyncio

    from app.bundle.pack import keep, pack
    from app.choose import with_login
    from checks.model import now

    host = with_login(config.system.hosts, name)
    gathered, standings = asyncio.run(_gather(config, host))
    bundle = pack(host, gathered, standings, now(), log.id if log else "")
    path = keep(bundle, log.path.parent if log else folder)
    print(f"{path}  {bundle.told.size:,} bytes  sha256 {bundle.told.sha256}")
    if log is not None:
        entry = log.append(bundle.told)
        if not entry.is_written:
            raise Problem(f"not written into the log yet: {log.trouble}")
        print(f"{log.id}: entry {entry.n}")
    return 0 if bundle.told.holds else MISUSE


async def _gather(config: Config, host: Host) -> tuple[list[Gathered], list[Standing]]:
    import asyncio

    from app.bundle.gathering import Gathering
    from app.engine import close_logins

    if host.login is None:
        return [], []
    gathering = Gathering(host.login)
    gathering.on_gathered = _show
    try:
        standings, _ = await asyncio.gather(_results(config, host), gathering.run())
    finally:
        await close_logins(config.system)
    return gathering.done, standings


def _show(one: Gathered) -> None:
    from checks.text import redact, visible

    print(f"{one.outcome:<9}  {redact(visible(one.line))}", file=sys.stderr, flush=True)


async def _results(config: Config, host: Host) -> list[Standing]:
    """What the checks say of `host` now."""
    from app.monitor import Monitor
    from app.plan import plan

    jobs = [job for job in plan(config) if job.target.host == host]
    board = await Monitor(config.system.name, jobs).sweep()
    return list(board.standings.values())
