"""Runs the benches that are named, or all."""

from __future__ import annotations

import importlib
import os
import pkgutil
import platform
import sys
from datetime import UTC, datetime
from tempfile import TemporaryDirectory

from tests import bench


def names() -> list[str]:
    """The benches there are."""
    found = (module.name for module in pkgutil.iter_modules(bench.__path__))
    return sorted(name for name in found if not name.startswith("_"))


def run(chosen: list[str]) -> int:
    """Run them one after the other; the exit status."""
    unknown = set(chosen) - set(names())
    if unknown:
        print(f"no bench is called {', '.join(sorted(unknown))}; there are {', '.join(names())}")
        return 2
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%MZ}, {os.cpu_count()} cores, load {load},", end=" ")
    print(f"{platform.system()} {platform.release()}, Python {platform.python_version()}")
    with TemporaryDirectory(prefix="mm-bench-") as folder:
        # As after an installation: with compiled modules, wherever this machine keeps them.
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        for name in chosen or names():
            importlib.import_module(f"tests.bench.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
