"""What a newcomer with nothing at all types: `make run`."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from tests.terminal import Terminal

INHERITED = ("ARGS", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")

ALONE = """
import sys
from app.__main__ import main
from app.discovery import machine
machine.local_system = lambda: None  # this machine may be a mail server, or have been one
sys.exit(main(sys.argv[1:]))
"""


def told(*words: str) -> list[str]:
    """What `make run` would run, whatever make these tests may themselves be run by."""
    argv = ["make", "--no-print-directory", "-n", "-o", ".venv/run", "run", *words]
    env = {name: value for name, value in os.environ.items() if name not in INHERITED}
    root = Path(__file__).parents[1]
    done = subprocess.run(argv, cwd=root, env=env, capture_output=True, check=True, text=True)
    return shlex.split(done.stdout)


def test_make_run_opens_the_practice_system_where_there_is_nothing_to_watch(tmp_path: Path) -> None:
    program, *arguments = told()
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
    assert told("ARGS=status --json") == [".venv/bin/mailmedic", "status", "--json"]
