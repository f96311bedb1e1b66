"""A whole incident on the real servers: two operators, two real terminals, all seven steps."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.sop import load
from tests.app.console.test_incident import Console
from tests.lab.dovecot import Dovecot
from tests.lab.postfix import Postfix
from tests.systems import write_config
from tests.terminal import LEAVE

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("operators")]

STEPS = load()
ITEMS = sum(len(step.items) for step in STEPS)

COUNT = re.compile(r"│ ([1-7]) [A-Z][a-z ]+ (\d+)/(\d+) │")


def closed(console: Console) -> int:
    """How many items the sidebar says need nobody any more."""
    return sum(int(found[2]) for found in COUNT.finditer(console.text()))


def tick(console: Console, until: Callable[[int], bool]) -> None:
    """Tick item after item, as the sidebar offers them, until so many are closed."""
    console.do(("1", "^p palette"))
    end = time.monotonic() + 2.5  # away from the sidebar, its cursor goes to the next item
    while time.monotonic() < end:
        console.read(0.2)
    console.do(("s", "space done"))
    for _ in range(2 * ITEMS):
        if until(closed(console)):
            break
        console.press(" ")
        while console.read(0.3):
            pass
        if "what did you test?" in console.text():
            console.press(f"{console.who} sent and read test mail\r")
            console.wait_for_log(f"{console.who} sent and read test mail")
            return
    assert until(closed(console)), console.text()


def test_two_operators_carry_an_outage_through_all_seven_steps(
    postfix: Postfix, dovecot: Dovecot, tmp_path: Path
) -> None:
    config = write_config(
        tmp_path, postfix, dovecot, login="local", extra=f'[log]\nfolder = "{tmp_path}/shared"\n'
    )
    ana, raj = (Console(config, who, tmp_path) for who in ("ana", "raj"))
    opened = [ana, raj]
    try:
        for console in opened:
            console.wait_for("SUBMI", 40)
            until_no_outage(console)
        postfix.stop()
        ana.wait_for("OUTAGE")
        ana.do(("i", "Open an incident"), ("\r", "next notice"))
        raj.wait_for("─ Incident 20")
        raj.wait_for_match(r"(?s)Here +ana@.*raj@")
        tick(ana, lambda done: done >= 20)

        ana.process.send_signal(signal.SIGKILL)
        raj.wait_for_log("its console was killed")
        again = Console(config, "ana", tmp_path)
        opened.append(again)
        again.wait_for("─ Incident 20", 30)

        tick(raj, lambda done: done >= 28)
        run(config, "postconf", "-c", str(postfix.config), "-h", "myhostname")
        postfix.start()
        until_no_outage(again)

        tick(again, lambda done: done == ITEMS)
        tick(raj, lambda done: done == ITEMS)
        tick(raj, lambda done: done == ITEMS)
        raj.do(("\x1b", "^p palette"), ("i", "HYPOTHESES"), ("m", "was verified"))
        raj.do(("test mail both ways\r", "phase           resolved"), ("\x1b", "^p palette"))
        printed = close(raj)
        again.wait_for(", closed")
    finally:
        for console in opened:
            console.close()
    tells_the_whole_story(printed, postfix)


def until_no_outage(console: Console) -> None:
    """Wait for the bar. The machine that the tests run on may be busy, i.e. degraded."""
    while not re.search(r"healthy|DEGRADED", console.text()):
        console.wait_for("mail", 1)
        console.read(1)


def run(config: Path, *command: str) -> None:
    """A documented command, from a shell."""
    argv = [sys.executable, "-m", "app", "--config", str(config), "run", "--yes", "mail1", "--"]
    done = subprocess.run([*argv, *command], capture_output=True, text=True, check=False)
    assert (done.returncode, "mail1.lab.test" in done.stdout) == (0, True), done.stderr


def close(console: Console) -> str:
    """Through the walk; what is printed when the screen is gone."""
    console.do(("q", "stays open"), ("\x1b[B", ""), ("\r", ""))
    if "Close it all the same?" in console.text():  # the machine that the tests run on is busy
        console.do(("\r", "Summary"))
    console.do(("", "Summary"), ("\r", "Root cause"), ("the plug was pulled\r", "Prevention"))
    console.do(("a lock on the rack\r", "[ ] a file: csv"), ("\r", "incident review` is next"))
    assert console.process.wait(5) == 0, console.text()
    return console.raw.rpartition(LEAVE)[2].decode()


def tells_the_whole_story(printed: str, postfix: Postfix) -> None:
    text = " ".join(printed.split())
    for told in (
        "opened: ",
        "connection refused",
        "its console was killed",
        "-h myhostname",
        "turned OK",
        "ana sent and read test mail",
        "raj sent and read test mail",
        "root cause: the plug was pulled",
        "Prevention: a lock on the rack",
        "Two testers signed done ana, raj",
        "chain of hashes intact",
    ):
        assert told in text, f"{told!r} is not in\n{printed}"
    for step in STEPS:
        assert step.title in text
        for item in step.items:
            assert item.title in text, item.title
