"""Follow one message through the logs of all hosts: a queue id, a message id or an address."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.config import Config
    from app.tracing import Report


def add_arguments(parser: ArgumentParser) -> None:
    """Say what the subcommand takes."""
    parser.add_argument("what", metavar="QUEUE-ID|MESSAGE-ID|ADDRESS", help="whose way to follow")
    parser.add_argument("--json", action="store_true", help="one JSON document (mailmedic.trace/1)")
    parser.add_argument(
        "--hours", type=float, default=24.0, metavar="N", help="how far to look back; 24"
    )


def run(arguments: Namespace) -> int:
    """Print its way; 0 delivered, 1 under way, 2 returned or lost, 3 not found or not known."""
    import asyncio

    from app import tracing
    from app.choose import choose

    config = choose(arguments.config, [])
    term = tracing.checked(arguments.what)
    report = asyncio.run(_trace(config, term, arguments.hours))
    print(tracing.json(report) if arguments.json else "\n".join(tracing.text(report)))
    return tracing.exit_status(report)


async def _trace(config: Config, term: str, hours: float) -> Report:
    from app import tracing
    from app.engine import close_logins

    try:
        return await tracing.trace(config.system, term, hours=hours, deadline=tracing.DEADLINE)
    finally:
        await close_logins(config.system)
