"""The console, on the config, the domains named, or this machine's own mail server."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from contextlib import nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.config import Config


def add_arguments(parser: ArgumentParser) -> None:
    """Say what the console takes."""
    from app import VERSION

    parser.add_argument("domain", nargs="*", metavar="DOMAIN", help="watch this domain")
    parser.add_argument("--version", action="version", version=f"mailmedic {VERSION}")
    parser.add_argument(
        "--or-drill", action="store_true", help="open the drill where there is nothing to watch"
    )


def run(arguments: Namespace) -> int:
    """Open the console; where the terminal can't show it, the plain status instead."""
    from app.choose import NothingToWatch, choose

    try:
        config = choose(arguments.config, arguments.domain)
    except NothingToWatch:
        if not arguments.or_drill:
            raise
        from app.cli import drill

        return drill.run(arguments)
    return show(config)


def show(config: Config) -> int:
    """The console on `config`, or the plain status where there is no terminal for it."""
    from app.console.terminal import unfit

    reason = unfit()
    if reason:
        from app.cli.status import report

        print(f"mailmedic: {reason}; the status instead of the console", file=sys.stderr)
        return report(config, Namespace(json=False, plugin=False, watch=False))
    from app.console.open import open_console
    from app.console.session import Session

    logins = [host.login for host in config.system.hosts if host.login is not None]
    over_ssh = not all(login.is_local for login in logins)
    session = Session(
        config.system.name, nullcontext(config), sop=config.sop, watches_over_ssh=over_ssh
    )
    return open_console(session)
