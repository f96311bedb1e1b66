"""What a newcomer with nothing at all types: `make run`."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from tests.terminal import Terminal

ALONE = """
import sys
from app.__main__ import main
from app.discovery import machine
machine.local_system = lambda: None  # this machine may be a mail server, or have been one
sys.exit(main(sys.argv[1:]))
"""


def test_make_run_opens_the_practice_system_where_there_is_nothing_to_watch(tmp_path: Path) -> None:
    root = Path(__file__).parents[1]
    told = ["make", "-n", "-o", ".venv/run", "run"]
    printed = subprocess.run(told, cwd=root, capture_output=True, check=True, text=True).stdout
    program, *arguments = shlex.split(printed)
    assert program == ".venv/bin/mailmedic"
    console = Terminal(
        [sys.executable, "-c", ALONE, *arguments], 120, 36, XDG_STATE_HOME=str(tmp_path)
    )
    try:
        console.wait_for("Practice mail (drill)")
        console.wait_for("b Break")
    finally:
        console.close()


def test_make_run_takes_what_the_program_takes() -> None:
    told = ["make", "-n", "-o", ".venv/run", "run", "ARGS=status --json"]
    root = Path(__file__).parents[1]
    printed = subprocess.run(told, cwd=root, capture_output=True, check=True, text=True).stdout
    assert shlex.split(printed) == [".venv/bin/mailmedic", "status", "--json"]
