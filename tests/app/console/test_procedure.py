"""Every key on an item of the sidebar becomes an entry that says who, what and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.incident.kinds import ItemChanged, SignedOff
from tests.desktop import Desktop, desktop

CONFIG = """
[system]
name = "Lab"
[[host]]
name = "here"
address = "127.0.0.1"
[sop]
file = "house.toml"
"""

HOUSE = """
[[step]]
id = "one"
title = "Night watch"
[[step.item]]
id = "ring"
title = "Ring twice"
what = "Ring at the gate, twice."
why = "The porter is deaf in one ear."
[[step.item]]
id = "lamp"
title = "Light the lamp"
what = "Light it."
why = "It is dark."
action = "note"
[[step.item]]
id = "gate"
title = "Gate tried"
what = "Open it and close it."
why = "It sticks."
signoffs = 2
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    (tmp_path / "house.toml").write_text(HOUSE)
    return path


def states(desk: Desktop) -> list[tuple[str, str, str]]:
    changed = [entry.data for entry in desk.entries("item")]
    return [(one.item, one.state, one.reason) for one in changed if isinstance(one, ItemChanged)]


def test_every_key_on_an_item_becomes_an_entry(config: Path, tmp_path: Path) -> None:
    with desktop(config, tmp_path / "state") as desk:
        terminal = desk.console(160, 42)
        terminal.press("s")
        terminal.press(" ")
        terminal.wait_for("no incident is open")
        assert desk.shell("incident", "open", "Dark").returncode == 0
        terminal.wait_for("Lead         nobody")

        terminal.press(" ")
        terminal.wait_for("▸ ○ Light the lamp")
        terminal.press("xno oil")
        terminal.wait_for(" no oil ")
        terminal.press("\r")
        terminal.wait_for("failed: Light the lamp (no oil)")
        terminal.press("ku")
        terminal.wait_for("open: Light the lamp (taken back)")
        terminal.press("-")
        terminal.wait_for("why does it not apply?")
        terminal.press("full moon\r")
        terminal.wait_for("not applicable: Light the lamp (full moon)")

        terminal.press(" ")
        terminal.wait_for("Gate tried: what did you test?")
        terminal.press("opened and closed\r")
        terminal.wait_for("signed off: Gate tried")
        terminal.press("\r")
        terminal.wait_for("Signed by")
        assert "1 of 2" in terminal.text()
        terminal.press("\x1b")
        terminal.wait_for("Lead         nobody")

        assert states(desk) == [
            ("ring", "done", ""),
            ("lamp", "failed", "no oil"),
            ("lamp", "open", "taken back"),
            ("lamp", "not applicable", "full moon"),
        ]
        (signed,) = desk.entries("sign-off")
        assert isinstance(signed.data, SignedOff)
        assert (signed.data.item, signed.text) == ("gate", "opened and closed")


def test_an_item_starts_the_command_that_does_it(config: Path, tmp_path: Path) -> None:
    with desktop(config, tmp_path / "state") as desk:
        assert desk.shell("incident", "open", "Dark").returncode == 0
        terminal = desk.console(160, 42)
        terminal.press("s")
        terminal.press("a")
        terminal.wait_for("that is done by hand; space says that it is")
        terminal.press("ja")
        terminal.wait_for("Note for incident")
