"""Subcommands: one file each, named as it is typed, imported when it runs.

A subcommand has a docstring whose first line is its help, ``add_arguments(parser)`` and
``run(arguments)``, which answers the exit status. A leading underscore marks what is not one.
"""

from __future__ import annotations

import importlib
import pkgutil
from argparse import ArgumentParser, Namespace
from typing import Protocol, cast

CONSOLE = "_console"
"""What runs without a subcommand."""


class Command(Protocol):
    """What a module in here holds."""

    __doc__: str | None

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what the subcommand takes."""

    def run(self, arguments: Namespace) -> int:
        """Do it; the exit status. Raises Problem."""


def names() -> list[str]:
    """The subcommands there are."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in found if not name.startswith("_"))


def load(name: str) -> Command:
    """The subcommand of that name."""
    return cast(Command, importlib.import_module(f"app.cli.{name}"))


def summary(name: str) -> str:
    """The subcommand's one line of help."""
    return (load(name).__doc__ or "").strip().partition("\n")[0].rstrip(".")
