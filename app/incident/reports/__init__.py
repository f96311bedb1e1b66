"""The log as a document: one format a file, found by being here.

A format has ``SUFFIX``, a docstring whose first line is its help, and ``render(story)``.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from app.incident.story import Story


class Report(Protocol):
    """What a module in here holds."""

    __doc__: str | None
    SUFFIX: str

    def render(self, story: Story) -> str:
        """The whole document."""


def names() -> list[str]:
    """The formats there are."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in found if not name.startswith("_"))


def load(name: str) -> Report:
    """The format of that name."""
    return cast(Report, importlib.import_module(f"{__name__}.{name}"))
