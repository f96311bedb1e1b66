"""Short questions to the programs of this machine's mail server. All of this blocks."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

DEADLINE = 5.0
"""Seconds for a program to print its settings; they take some 0.01."""

SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where the programs are; an ordinary user's PATH has none of these."""

LIMIT = 10_000
"""Lines kept of an answer."""

_STARTS = ("etc/rc[2-5].d/S[0-9][0-9]{name}", "etc/systemd/system/*.wants/{name}*.service")
"""What starts with the machine: links of init(8), and of systemctl(1)."""


def find(program: str) -> str:
    """The path of `program`; empty when it is not installed."""
    return shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:{SBIN}") or ""


def lines(program: str, *arguments: str) -> list[str]:
    """What `program` prints; nothing when it is not there, fails or takes too long."""
    path = find(program)
    if not path:
        return []
    try:
        done = subprocess.run(
            [path, *arguments],
            capture_output=True,
            timeout=DEADLINE,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return done.stdout.decode(errors="replace").splitlines()[:LIMIT]


def is_enabled(*names: str, root: Path = Path("/")) -> bool:
    """Whether a service of one of those names starts with the machine."""
    return any(
        next(root.glob(pattern.format(name=name)), None) is not None
        for pattern in _STARTS
        for name in names
    )
