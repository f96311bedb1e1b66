"""A message of a queue in a real terminal: its body only after a yes, which the log has first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.incident.kinds import BodyRead
from tests.app.console import test_command as commands
from tests.desktop import Desktop, settle
from tests.lab.daemon import until
from tests.terminal import Terminal

LISTED = (
    '{"queue_name": "deferred", "queue_id": "4ABCDEF12", "arrival_time": 1, '
    '"sender": "ana@lab.test", "recipients": [{"address": "bob@ext.test", '
    '"delay_reason": "refused"}]}'
)
POSTCAT = """#!/bin/sh
case "$*" in
*' -b '*)
  while [ -e {held} ]; do sleep 0.1; done
  printf 'Dear Bob,\\npassword: hunter2\\n\\033]0;pwned\\007\\n' ;;
*) echo 'Subject: for you' ;;
esac
"""


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    """Its Postfix has one message."""
    programs = {
        "postqueue": f"#!/bin/sh\necho '{LISTED}'\n",
        "postcat": POSTCAT.replace("{held}", f"{tmp_path}/held"),
    }
    for name, text in programs.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    yield from commands.desktops_of(tmp_path, PATH=f"{tmp_path}:{os.environ['PATH']}")


def opened(desktop: Desktop) -> Terminal:
    console = commands.joined(desktop)
    console.wait_for("BY REASON")
    console.press("3\r")
    console.wait_for("Enter ")
    settle(console)
    console.press("\r")
    console.wait_for("bob@ext.test")
    console.press("\r")
    console.wait_for("Subject: for you")
    console.press("B")
    console.wait_for("the body of 4ABCDEF12 on mx")
    console.wait_for("is written into the incident's log first")
    settle(console)
    return console


def test_a_body_is_shown_after_a_yes_and_that_is_in_the_log(desktop: Desktop) -> None:
    console = opened(desktop)
    console.press("n")
    console.wait_for("B body")
    assert "Dear Bob" not in settle(console)
    assert not desktop.entries("body-read")
    console.press("B")
    console.wait_for("the body of 4ABCDEF12 on mx")
    console.press("y")
    console.wait_for("Dear Bob,")
    assert "hunter2" not in console.text()
    assert "^[]0;pwned^G" in console.text()
    (entry,) = desktop.entries("body-read")
    assert entry.data == BodyRead(host="mx", queue_id="4ABCDEF12", sender="ana@lab.test")


def test_a_body_that_comes_when_nobody_waits_for_it_any_more_is_dropped(
    desktop: Desktop, tmp_path: Path
) -> None:
    (held := tmp_path / "held").touch()
    console = opened(desktop)
    console.press("y")
    console.wait_for("B body")
    until(lambda: bool(desktop.entries("body-read")), "it is written down")
    console.press("\x1b")
    console.wait_for("Enter ")
    held.unlink()
    console.press("B")  # not a key there: the console still answers
    settle(console)
    console.press("\r")
    console.wait_for("Subject: for you")
    assert "Dear Bob" not in console.text()
