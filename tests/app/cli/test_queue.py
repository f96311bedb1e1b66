"""`mailmedic queue` and the messages that the console lists, on a real Postfix."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.choose import choose
from app.queues import message, queues
from tests import desktop as desktops
from tests.app.cli.test_run import HOST
from tests.desktop import MAIN, Desktop
from tests.lab.postfix import Postfix

pytestmark = pytest.mark.real


@pytest.fixture
def config(tmp_path: Path, postfix: Postfix) -> Path:
    path = tmp_path / "config.toml"
    host = HOST.format(name="mail1", login="local") + 'mta = "postfix"\n'
    check = f'[check.postfix]\nconfig_directory = "{postfix.config}"\n'
    path.write_text('[system]\nname = "Lab"\n' + host + check)
    return path


@pytest.fixture
def desktop(config: Path, tmp_path: Path) -> Iterator[Desktop]:
    with desktops.desktop(config, tmp_path / "state") as found:
        yield found


def test_queues_are_told_as_text_and_as_json(desktop: Desktop, postfix: Postfix) -> None:
    done = desktop.shell("queue")
    assert (done.returncode, done.stdout) == (0, "mail1  postfix  OK  queue is empty\n")
    postfix.inject(3)
    text = desktop.shell("queue", "mail1").stdout
    assert "  by reason\n          3  connect to " in text
    assert "by age: <5m 3\n" in text
    assert "first bounce in 4d 23h" in text
    [queue] = json.loads(desktop.shell("queue", "--json").stdout)["queues"]
    assert (queue["host"], queue["mta"], queue["state"]) == ("mail1", "postfix", "OK")
    assert (queue["deferred"], queue["ages"]["5m"]) == (3, 3)
    assert queue["by_sender"] == [{"text": "ana@lab.test", "family": "", "count": 3}]
    assert queue["patience"]["lifetime"] == 432000


def test_a_host_that_is_none_is_told_with_those_that_are(desktop: Desktop) -> None:
    done = desktop.shell("queue", "mail9")
    assert (done.returncode, done.stdout) == (3, "")
    assert "those with a login: mail1" in done.stderr


async def test_a_message_is_listed_and_shown_without_its_body(
    config: Path, postfix: Postfix
) -> None:
    postfix.inject(2)
    system = choose(str(config), [])
    [queue] = await queues(system, "mail1", with_rows=True)
    first, _ = sorted(queue.rows, key=lambda one: one.queue_id)
    assert (first.sender, first.recipient) == ("ana@lab.test", "user@refused.example")
    assert first.reason.endswith("Connection refused")
    told = await message(system, queue, first.queue_id)
    assert "sender: ana@lab.test" in told.lines
    assert any(line.startswith("Subject: test ") for line in told.lines)
    assert not any("Hello." in line for line in told.lines)
    postfix.command("postsuper", "-d", "ALL")
    assert (await message(system, queue, first.queue_id)).problem == "it is no longer in the queue"
    assert "is no queue id" in (await message(system, queue, "-d ALL")).problem


def test_the_console_lists_the_messages_and_opens_one(desktop: Desktop, postfix: Postfix) -> None:
    postfix.inject(2)
    console = desktop.console(140, 36)
    console.wait_for(MAIN)
    console.wait_for("BY REASON")
    console.press("3")
    console.press("\r")
    console.wait_for("by sender")
    console.press("\r")
    console.wait_for("1 of 2")
    console.press("\r")
    console.wait_for("sender: ana@lab.test")
    console.press("\x1b")
    console.wait_for("1 of 2")
