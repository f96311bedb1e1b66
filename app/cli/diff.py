"""What changed on the hosts since the baseline, and by their logs; the latest first."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Say what the subcommand takes."""
    parser.add_argument("host", nargs="?", default="", metavar="HOST", help="one host; else all")
    parser.add_argument("--json", action="store_true", help="one JSON document (mailmedic.diff/1)")


def run(arguments: Namespace) -> int:
    """Print it; 0, or 3 where a host could not be asked."""
    import asyncio
    import json

    from app import changes
    from app.choose import choose
    from checks.model import State

    board = asyncio.run(changes.look(choose(arguments.config, []), arguments.host))
    if arguments.json:
        print(json.dumps(changes.document(board), ensure_ascii=False))
    else:
        print("\n".join(changes.text(board)))
    results = [one.result for one in board.standings.values() if one.result]
    return 3 if any(one.state == State.UNKNOWN for one in results) else 0
