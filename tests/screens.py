"""Screens as plain text: compared with a file under ``tests/screens``.

``UPDATE_SCREENS=1 pytest …`` writes the files; what changed is then read in the diff.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent / "screens"


def assert_screen(name: str, lines: Iterable[str]) -> None:
    """Fail unless `lines` are those of ``tests/screens/NAME.txt``."""
    shown = "\n".join(line.rstrip() for line in lines) + "\n"
    path = FOLDER / f"{name}.txt"
    if os.environ.get("UPDATE_SCREENS"):
        path.write_text(shown, encoding="utf-8")
    assert path.exists(), f"{path.name} is not there: UPDATE_SCREENS=1 writes it"
    assert shown == path.read_text(encoding="utf-8")
