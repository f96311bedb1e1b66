"""What an operator can do: one class is the key, the footer word, the palette entry and the help.

Every module in ``commands/`` holds one. Adding a command is adding a file.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen
    from app.console.session import Session


class Command:
    """Something that the operator does on the main screen."""

    KEYS: ClassVar[tuple[str, ...]]
    """The keys, as Textual calls them; the first is the one that is shown."""
    SHOWN: ClassVar[str] = ""
    """How the keys are shown; left out, the first of them."""
    WORD: ClassVar[str]
    """One word for the footer and the palette."""
    HELP: ClassVar[str]
    """One line for ``?`` and the palette."""
    PLACE: ClassVar[int]
    """Where it stands among the others."""
    IS_PINNED: ClassVar[bool] = False
    """Whether it stays in the footer however narrow the terminal is."""

    IS_EVERYWHERE: ClassVar[bool] = False
    """Whether its keys work on the full screens too, where nothing else takes them."""

    def is_offered(self, session: Session) -> bool:  # noqa: ARG002 - for those that depend on it
        """Whether there is something to do with it in this session."""
        return True

    async def run(self, screen: MainScreen, key: str) -> None:
        """Do it."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """As an SOP calls it: the name of its file."""
        return type(self).__module__.rpartition(".")[2]

    @property
    def shown(self) -> str:
        """The key or keys as a person reads them."""
        return self.SHOWN or self.KEYS[0]


def commands() -> list[Command]:
    """Every command of the main screen, in the order of the footer."""
    from app.console import commands as folder

    return commands_in(folder)


def commands_in(folder: ModuleType) -> list[Command]:
    """Every command that has a module in `folder`, in the order of the footer."""
    found = []
    for module in pkgutil.iter_modules(folder.__path__):
        loaded = importlib.import_module(f"{folder.__name__}.{module.name}")
        found += [
            kind()
            for _, kind in inspect.getmembers(loaded, inspect.isclass)
            if issubclass(kind, Command) and kind.__module__ == loaded.__name__
        ]
    return sorted(found, key=lambda command: command.PLACE)
