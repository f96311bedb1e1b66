"""A house's own procedure is what the sidebar carries people through."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.terminal import Terminal

MAILMEDIC = (sys.executable, "-m", "app")

HOUSE = """
[[step]]
id = "porter"
title = "Wake the porter"
[[step.item]]
id = "ring"
title = "Ring twice"
what = "Ring at the gate, twice."
why = "He is deaf in one ear."
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text('[[host]]\nname = "here"\naddress = "127.0.0.1"\n[sop]\nfile = "house.toml"\n')
    return path


@contextmanager
def shown(config: Path) -> Iterator[Terminal]:
    """The console on that config, in a terminal."""
    state = str(config.parent / "state")
    argv = [*MAILMEDIC, "--config", str(config)]
    terminal = Terminal(argv, 160, 42, XDG_STATE_HOME=state)
    try:
        yield terminal
    finally:
        terminal.close()


def test_a_house_of_its_own_procedure_sees_that(config: Path) -> None:
    (config.parent / "house.toml").write_text(HOUSE)
    with shown(config) as terminal:
        terminal.wait_for("1 Wake the porter", 30)
        terminal.wait_for("▸ ○ Ring twice")
        assert "Initial assessment" not in terminal.text()


def test_with_mistakes_in_it_ours_is_shown_and_doctor_names_them(config: Path) -> None:
    house = config.parent / "house.toml"
    house.write_text(HOUSE + 'wy = "x"\nsignoffs = 0\n')
    with shown(config) as terminal:
        terminal.wait_for("SOP: not yours, see doctor", 30)
        terminal.wait_for("▸ ○ Mail confirmed down")
    done = subprocess.run(
        [*MAILMEDIC, "doctor", "--config", str(config)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert f'{house}:10: item "ring": unknown key "wy"; did you mean "why"?' in done.stdout
    assert f'{house}:11: item "ring": "signoffs": must be from 1 to 9' in done.stdout
