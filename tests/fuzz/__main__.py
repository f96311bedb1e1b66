"""Fuzz one parser with atheris: ``python -m tests.fuzz NAME SECONDS FOLDER``.

FOLDER keeps what was found to be of use; what is worth it goes into ``tests/fuzz/corpus/NAME``.
"""

from __future__ import annotations

import sys
from pathlib import Path

CORPUS = Path(__file__).with_name("corpus")


def main() -> None:
    """Until the time is over, or the parser fails."""
    import atheris

    name, seconds, folder = sys.argv[1:]
    with atheris.instrument_imports(include=["app", "checks", "email"]):
        from tests.fuzz.parsers import PARSERS
    Path(folder).mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={seconds}", "-max_len=4096", "-timeout=5", "-rss_limit_mb=1024"]
    atheris.Setup([sys.argv[0], *options, folder, str(CORPUS / name)], PARSERS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
