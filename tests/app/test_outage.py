"""Postfix's plug is pulled, and the verdict turns: without a screen, and in a real terminal."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.lab.dovecot import Dovecot
from tests.lab.postfix import Postfix
from tests.systems import write_config
from tests.terminal import Terminal

MAILMEDIC = (sys.executable, "-m", "app")
WITHIN = 5.0

pytestmark = pytest.mark.real


def status(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MAILMEDIC, "status", *arguments, "--config", str(config)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_status_tells_health_and_outage_by_exit_status_and_json(
    postfix: Postfix, dovecot: Dovecot, tmp_path: Path
) -> None:
    config = write_config(tmp_path, postfix, dovecot)
    well = status(config, "--json")
    assert (well.returncode, well.stderr) == (0, "")
    document = json.loads(well.stdout)
    assert (document["schema"], document["verdict"]) == ("mailmedic.status/1", "healthy")

    postfix.stop()
    ill = status(config, "--json")
    assert ill.returncode == 2
    document = json.loads(ill.stdout)
    assert document["verdict"] == "outage"
    assert document["scope"]["summary"] == "nobody can send mail or receive it from outside"
    codes = {check["id"].partition("/")[0]: check["findings"] for check in document["checks"]}
    assert codes["smtp"] == codes["submission"] == ["smtp.connect.refused"]


def test_status_as_a_plugin_has_one_line_then_perfdata(postfix: Postfix, tmp_path: Path) -> None:
    done = status(write_config(tmp_path, postfix), "--plugin")
    head = done.stdout.splitlines()[0]
    assert head.startswith("MAILMEDIC HEALTHY")
    assert f"'smtp/mail1:{postfix.ports['smtp']}'=" in head.partition("|")[2]


def test_watch_says_each_turn_within_five_seconds(postfix: Postfix, tmp_path: Path) -> None:
    config = write_config(tmp_path, postfix)
    argv = [*MAILMEDIC, "status", "--watch", "--json", "--config", str(config)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        lines = iter(watching.stdout.readline, "")

        def until(verdict: str) -> float:
            began = time.monotonic()
            while json.loads(next(lines))["verdict"] != verdict:
                assert time.monotonic() - began < 30
            return time.monotonic() - began

        until("healthy")
        postfix.stop()
        assert until("outage") < WITHIN
        postfix.start()
        assert until("healthy") < WITHIN
        watching.terminate()
        assert watching.wait(5) == 0


@pytest.mark.parametrize("size", [(160, 42), (80, 24)])
def test_the_bar_turns_within_five_seconds_and_back(
    postfix: Postfix, dovecot: Dovecot, tmp_path: Path, size: tuple[int, int]
) -> None:
    config = write_config(tmp_path, postfix, dovecot)
    argv = [*MAILMEDIC, "--config", str(config)]
    terminal = Terminal(argv, *size, XDG_STATE_HOME=str(tmp_path))
    try:
        terminal.wait_for("✓ healthy")
        postfix.stop()
        terminal.wait_for("✗ OUTAGE", WITHIN)
        terminal.wait_for("connection refused", WITHIN)
        postfix.start()
        terminal.wait_for("✓ healthy", WITHIN)
        terminal.press("q")
        assert terminal.process.wait(5) == 0
    finally:
        terminal.close()
