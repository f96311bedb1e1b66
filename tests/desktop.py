"""Consoles and shells that share one state folder, as operators on one jump box do."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.incident import folder as incidents
from app.incident.entry import Entry
from tests.terminal import Terminal

MAIN = "^p palette"
"""Stands in the footer of the main screen alone."""


class Desktop:
    """Consoles on `config`, whose system is Lab, in real terminals, and subcommands beside them."""

    def __init__(self, config: Path, state: Path, **env: str) -> None:
        self.argv = [sys.executable, "-m", "app", "--config", str(config)]
        self._env = {"XDG_STATE_HOME": str(state), **env}
        self.env = {**os.environ, **self._env}
        self._state = state
        self._open: list[Terminal] = []

    def console(self, columns: int = 100, lines: int = 30) -> Terminal:
        """A console that has something to show."""
        terminal = Terminal(self.argv, columns, lines, **self._env)
        self._open.append(terminal)
        terminal.wait_for(MAIN)
        terminal.wait_for("  Lab  ")
        return terminal

    def shell(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """A subcommand, as typed in a shell."""
        return subprocess.run(
            [*self.argv, *words],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            cwd=Path(__file__).parents[1],
            env=self.env,
        )

    def terminal(self, *words: str, columns: int = 100, lines: int = 30) -> Terminal:
        """A subcommand with a terminal of its own."""
        terminal = Terminal([*self.argv, *words], columns, lines, **self._env)
        self._open.append(terminal)
        return terminal

    def entries(self, kind: str) -> list[Entry]:
        """Those of the newest incident."""
        folder = self._state / "mailmedic" / "incidents"
        found = incidents.summary(folder, incidents.ids(folder)[0]).entries
        return [entry for entry in found if entry.kind == kind]

    def close(self) -> None:
        """End what is still open."""
        for terminal in self._open:
            terminal.close()


@contextmanager
def desktop(config: Path, state: Path, **env: str) -> Iterator[Desktop]:
    """A desktop; everything on it is ended afterwards."""
    found = Desktop(config, state, **env)
    try:
        yield found
    finally:
        found.close()


def settle(terminal: Terminal, seconds: float = 0.3) -> str:
    """What is shown once nothing comes for so long."""
    end = time.monotonic() + 3
    while terminal.read(seconds) and time.monotonic() < end:
        pass
    return terminal.text()


def wait_until_gone(terminal: Terminal, text: str) -> None:
    """Read until `text` is no longer shown; AssertionError when it stays."""
    end = time.monotonic() + 10
    while text in terminal.text():
        terminal.read(0.05)
        assert time.monotonic() < end, f"{text!r} is still there:\n{terminal.text()}"
