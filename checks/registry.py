"""Lists the kinds of check without importing them, and loads one.

A module of a check room whose name has no leading underscore *is* a check: its name is its kind.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Protocol, cast

import checks
from checks.model import CheckOptions, Result, System, Target

ROOMS = ("network", "protocol", "server", "queue", "drift", "outside")


class Check(Protocol):
    """What a module of a check room holds."""

    FINDINGS: Mapping[str, str]
    """Each finding code that it can answer, and what the code means."""

    Options: type[CheckOptions]

    def targets(self, system: System) -> list[Target]:
        """What there is to ask in this system."""

    async def check(self, target: Target, options: CheckOptions, *, deadline: float) -> Result:
        """Ask `target`, and answer within `deadline` seconds whatever it does.

        What could not be asked is UNKNOWN with the reason; nothing is raised but CancelledError.
        """


@cache
def kinds() -> Mapping[str, str]:
    """The name of each kind of check, and of the module that holds it."""
    return {
        module.name: f"checks.{room}.{module.name}"
        for room in ROOMS
        for module in pkgutil.iter_modules([f"{path}/{room}" for path in checks.__path__])
        if not module.name.startswith("_")
    }


def load(kind: str) -> Check:
    """The check of that kind. Raises KeyError when there is none."""
    return cast(Check, importlib.import_module(kinds()[kind]))
