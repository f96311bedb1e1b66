"""Whatever is typed or configured: the error names it, and the terminal never obeys it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.console.hostile import EVIL, SHORT, SHORT_SEEN
from tests.strict import harmless

MAILMEDIC = (sys.executable, "-m", "app")

HOST_TABLE = '[[host]]\nname = "a"\naddress = "127.0.0.1"\n'


@pytest.mark.parametrize(
    ("arguments", "config"),
    [
        ((), f"[[host]]\nname = {json.dumps(SHORT)}\naddress = {json.dumps(EVIL)}\n"),
        ((), f"{HOST_TABLE}services = [{json.dumps(SHORT)}]\n{json.dumps(EVIL)} = 1\n"),
        ((), f"{HOST_TABLE}[{json.dumps(SHORT)}]\n[check.{json.dumps(EVIL)}]\n"),
        ((), f"{HOST_TABLE}ca_file = {json.dumps(SHORT)}\nlogin = {json.dumps('ssh:' + SHORT)}\n"),
        ((), f"[[host]]\nname = {SHORT}\n"),
        (("status", SHORT), HOST_TABLE),
        (("status", f"--{SHORT}"), HOST_TABLE),
        (("--config", f"/{SHORT}\u202e"), ""),
        (("status", f"{SHORT}.\udcff"), HOST_TABLE),
    ],
)
def test_errors_are_harmless_and_name_it(
    tmp_path: Path, arguments: tuple[str, ...], config: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(config)
    done = subprocess.run(
        [*MAILMEDIC, *(arguments or ("status",))],
        capture_output=True,
        env={**os.environ, "MAILMEDIC_CONFIG": str(path)},
        check=False,
        timeout=30,
    )
    text = done.stderr.decode()
    assert (done.returncode, done.stdout) == (3, b"")
    assert harmless(text), text
    assert SHORT_SEEN in text or "line" in text or ":2:" in text, text
