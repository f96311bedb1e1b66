"""What the commands take beyond Python itself and beyond the checks that they wait for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence

from tests.bench._scene import system
from tests.bench._table import show, spread

RUNS = 10
MAILMEDIC = (sys.executable, "-m", "app")
PYTHON = (sys.executable, "-c", "pass")


def seconds(argv: Sequence[str]) -> tuple[float, str]:
    """How long it takes, and what it prints."""
    began = time.monotonic()
    ended = subprocess.run(argv, capture_output=True, text=True, check=False, env=os.environ)
    return time.monotonic() - began, ended.stdout


def main() -> None:
    """Print the table."""
    with system(("smtp", "imaps"), hosts=1) as config:
        status = (*MAILMEDIC, "--config", str(config), "status", "--json")
        seconds(status)
        bare, helped, swept = [], [], []
        for _ in range(RUNS):
            bare.append(seconds(PYTHON)[0])
            helped.append(seconds((*MAILMEDIC, "--help"))[0] - bare[-1])
            took, printed = seconds(status)
            slowest = max(check["duration"] for check in json.loads(printed)["checks"])
            swept.append(took - slowest)
    rows = [
        ["python -c pass", spread(bare, 3), ""],
        ["mailmedic --help minus that", spread(helped, 3), "< 0.15"],
        ["mailmedic status minus its slowest check", spread(swept, 3), "< 1.0"],
    ]
    show(f"Commands, seconds, n={RUNS}", ("", "median (min-max)", "goal"), rows)
