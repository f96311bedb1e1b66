"""The log as a document: one format a file, found by being here.

A format has ``SUFFIX``, a docstring whose first line is its help, and ``render(story)``.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Protocol, cast

from msgspec import Struct

from app.incident.chain import Verified
from app.incident.entry import Entry
from app.incident.kinds import Opened


class Story(Struct, frozen=True):
    """What there is to tell: an incident, its entries in order, and whether its chain is whole."""

    id: str
    entries: tuple[Entry, ...]
    verified: Verified

    @property
    def title(self) -> str:
        """What the incident was opened as."""
        opened = (entry.data for entry in self.entries if isinstance(entry.data, Opened))
        return next((one.title for one in opened), "")

    @property
    def head(self) -> str:
        """The last entry's number and hash."""
        last = self.entries[-1] if self.entries else None
        return f"{last.n}:{last.hash}" if last else "none, the log is empty"


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
