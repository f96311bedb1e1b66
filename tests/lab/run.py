"""Runs commands on this machine: argument lists, a deadline each, and the reason when one fails."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

DEADLINE = 30.0
"""Seconds: far more than any of these takes, and the end of one that hangs."""


class CommandError(Exception):
    """A command failed; says which, and what it said."""


def run(argv: Sequence[str], *, stdin: str = "", deadline: float = DEADLINE) -> str:
    """Run `argv`; what it wrote. Raises CommandError when it failed."""
    status, text = attempt(argv, stdin=stdin, deadline=deadline)
    if status:
        raise CommandError(f"{' '.join(argv)}: exit status {status}: {text[-1500:]}")
    return text


def attempt(argv: Sequence[str], *, stdin: str = "", deadline: float = DEADLINE) -> tuple[int, str]:
    """Run `argv`; its exit status, and all that it wrote. 124 when it passed its deadline."""
    try:
        done = subprocess.run(
            argv,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=deadline,
            check=False,
            close_fds=False,  # the lab's lock is handed down: see lock.py
        )
    except subprocess.TimeoutExpired as late:
        said = late.stdout.decode(errors="replace") if isinstance(late.stdout, bytes) else ""
        return 124, f"{said}\nno end within {deadline:.0f} s"
    return done.returncode, done.stdout
