"""Discovers a system through DNS and writes a commented config; never overwrites one."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """Say what the subcommand takes."""
    parser.add_argument("domain", metavar="DOMAIN", help="a mail domain, e.g. example.org")


def run(arguments: Namespace) -> int:
    """Write the config; 0."""
    from pathlib import Path

    from app.choose import discovered
    from app.discovery.starter import render_config, write_config
    from app.places import user_config
    from app.problem import Problem

    path = Path(arguments.config) if arguments.config else user_config()
    if path.exists():
        raise Problem(f"{path} exists; not touched: name another with --config FILE")
    text = render_config(discovered([arguments.domain]).system)
    try:
        write_config(text, path)
    except OSError as error:
        raise Problem(f"{path}: {error.strerror}") from error
    print(f"wrote {path}; edit it (logins, watched folders), then run `mailmedic`")
    return 0
