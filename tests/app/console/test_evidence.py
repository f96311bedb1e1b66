"""Evidence of a host in a real terminal: from `e`, and offered before anything is restarted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.incident.kinds import Bundled
from tests.app.console import test_command as commands
from tests.desktop import MAIN, Desktop, settle
from tests.lab.daemon import until
from tests.terminal import Terminal


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    """Its mail system answers at once; one that is down takes seconds for it."""
    for name in ("postqueue", "doveadm"):
        (tmp_path / name).write_text("#!/bin/sh\necho down >&2; exit 75\n")
        (tmp_path / name).chmod(0o755)
    yield from commands.desktops_of(tmp_path, PATH=f"{tmp_path}:{os.environ['PATH']}")


def bundles(desktop: Desktop) -> list[Bundled]:
    return [one.data for one in desktop.entries("bundle") if isinstance(one.data, Bundled)]


def asked_first(console: Terminal) -> None:
    console.press("!")
    console.wait_for("Command on ")
    settle(console)
    console.press("\x01\x0becho restart\r")
    console.wait_for("Collect evidence of mx first?")
    console.wait_for("Esc back")


def test_it_is_offered_before_a_restart_which_goes_on_with_it_and_without(
    desktop: Desktop,
) -> None:
    console = commands.joined(desktop)
    commands.unlock(console)
    asked_first(console)
    console.press("\x1b")
    console.wait_for(MAIN)
    asked_first(console)
    console.press("n")
    console.wait_for("Run on mx")
    assert not bundles(desktop)
    settle(console)
    console.press("\x1b")
    console.wait_for(MAIN)
    asked_first(console)
    console.press("y")
    console.wait_for("Run on mx", seconds=30)
    (told,) = bundles(desktop)
    assert "processes" in told.holds
    assert not desktop.entries("command-begun")
    settle(console)
    console.press("\x1b")
    console.wait_for(MAIN)
    asked_first(console)
    assert "Last kept at" in console.text()


def test_it_is_collected_from_the_evidence_of_the_checks(desktop: Desktop) -> None:
    console = commands.joined(desktop, 80, 24)
    console.press("e")
    console.wait_for("c collect")
    console.press("c")
    until(lambda: len(bundles(desktop)) == 1, "the bundle")
    assert "c collect" in settle(console)
