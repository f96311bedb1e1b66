"""`w` and `!` in real terminals: read-only until unlocked, then each command shown, run, logged."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.incident.kinds import CommandBegun, CommandEnded, Unlocked
from tests import desktop as desktops
from tests.app.cli.test_run import HOST
from tests.desktop import MAIN, Desktop, settle, wait_until_gone
from tests.lab.daemon import until
from tests.lab.sshd import Sshd
from tests.terminal import Terminal

UNLOCKED = "ACTIONS UNLOCKED"

SOP = """\
[[step]]
id = "fix"
title = "Fix"

[[step.item]]
id = "service-back"
title = "Service back"
what = "Mend it."
why = "It is broken."
evidence = "It works."
"""
"""Nothing in it is evidenced by checks, whose entries would push a command's out of sight."""


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    yield from desktops_of(tmp_path)


def desktops_of(tmp_path: Path, **env: str) -> Iterator[Desktop]:
    """One host, with the login of this machine."""
    config = tmp_path / "config.toml"
    (tmp_path / "sop.toml").write_text(SOP)
    config.write_text(
        '[system]\nname = "Lab"\n[sop]\nfile = "sop.toml"\n' + HOST.format(name="mx", login="local")
    )
    with desktops.desktop(config, tmp_path / "state", **env) as found:
        found.shell("incident", "open", "nobody can send")
        yield found


def joined(desktop: Desktop, columns: int = 140, lines: int = 36) -> Terminal:
    console = desktop.console(columns, lines)
    console.wait_for("─ Incident 20")
    return console


def unlock(console: Terminal) -> None:
    console.press("w")
    console.wait_for("Unlock actions")
    console.wait_for("Esc no")
    console.press("y")
    console.wait_for(UNLOCKED)


def type_command(console: Terminal, line: str) -> None:
    """Up to where it is shown."""
    console.press("!")
    console.wait_for("Command on ")
    settle(console)
    console.press("\x01\x0b" + line + "\r")
    console.wait_for("Run on ")
    console.wait_for("both its ends are written down")
    console.wait_for("Esc no")


def begin(console: Terminal, line: str) -> None:
    type_command(console, line)
    console.press("y")
    wait_until_gone(console, "Esc no")


def last_end(desktop: Desktop) -> CommandEnded:
    data = desktop.entries("command-ended")[-1].data
    assert isinstance(data, CommandEnded)
    return data


def test_it_is_read_only_until_unlocked_and_both_are_logged(desktop: Desktop) -> None:
    console = joined(desktop, 80, 24)
    console.press("!")
    console.wait_for("read-only: w unlocks")
    console.press("w")
    console.wait_for("Unlock actions")
    settle(console)
    console.press("\x1b")
    console.wait_for(MAIN)
    assert UNLOCKED not in settle(console)
    assert not desktop.entries("unlocked")
    unlock(console)
    console.wait_for(MAIN)
    console.press("w")
    wait_until_gone(console, UNLOCKED)
    told = [entry.data for entry in desktop.entries("unlocked")]
    assert told == [Unlocked(locked=False), Unlocked(locked=True)]
    console.press("!")
    assert "Command on" not in settle(console)


def test_with_the_incident_it_is_locked_again(desktop: Desktop) -> None:
    console = joined(desktop)
    unlock(console)
    desktop.shell("incident", "close")
    wait_until_gone(console, UNLOCKED)
    console.press("w")
    console.wait_for("no incident is open")
    desktop.shell("incident", "open", "again")
    console.wait_for("-02")
    assert UNLOCKED not in settle(console)


def test_a_command_is_shown_whole_runs_streams_and_is_written_down(
    desktop: Desktop, tmp_path: Path
) -> None:
    console, other = joined(desktop), joined(desktop)
    unlock(console)
    go = tmp_path / "go"
    filler = "x" * 300
    line = f"sh -c 'echo begun; until [ -e {go} ]; do sleep 0.1; done; echo over' {filler}end"
    type_command(console, line)
    shown = "".join(row.strip("│ ") for row in console.text().split("\n"))
    assert line.replace(" ", "") in shown.replace(" ", "")
    assert not desktop.entries("command-begun")
    console.press("y")
    console.wait_for("│ begun")
    console.wait_for("runs for")
    other.wait_for("on mx, begins: sh -c")
    go.touch()
    console.wait_for("✓ done after")
    assert "│ over" in console.text()
    other.wait_for("✓ on mx, done after")
    (begun,) = desktop.entries("command-begun")
    assert isinstance(begun.data, CommandBegun)
    assert begun.data.argv[-1] == f"{filler}end"
    end = last_end(desktop)
    assert (end.begun, end.outcome, end.output) == (begun.id, "done", "begun\nover")


def test_what_looks_destructive_wants_the_name_and_the_same_again_too(
    desktop: Desktop, tmp_path: Path
) -> None:
    console = joined(desktop)
    unlock(console)
    file = tmp_path / "file"
    file.touch()
    type_command(console, f"rm -f {file}")
    console.press("y\r")
    console.wait_for("that is not it")
    assert file.exists()
    console.press("\x7fmx\r")
    console.wait_for("✓ done after")
    assert not file.exists()
    settle(console)
    console.press("\x1b")
    console.wait_for(MAIN)
    type_command(console, f"rm -f {file}")
    console.wait_for("AGAIN: the same began")
    settle(console)
    console.press("\x1b")
    console.wait_for(MAIN)
    assert len(desktop.entries("command-begun")) == 1


def test_the_operator_sets_the_deadline(desktop: Desktop) -> None:
    console = joined(desktop)
    unlock(console)
    type_command(console, "sleep 90")
    console.press("\x14")
    console.wait_for("Seconds until")
    settle(console)
    console.press("\x01\x0b1\r")
    console.wait_for("ended there after 1 s")
    console.press("y")
    console.wait_for("? unknown after")
    console.wait_for("out of time")
    (begun,) = desktop.entries("command-begun")
    assert isinstance(begun.data, CommandBegun)
    assert begun.data.deadline == 1


def test_leaving_lets_it_go_on_and_a_second_x_cancels_it(desktop: Desktop) -> None:
    console = joined(desktop)
    unlock(console)
    begin(console, "sh -c 'echo begun; sleep 89'")
    console.wait_for("│ begun")
    console.press("\x1b")
    console.wait_for(MAIN)
    settle(console)
    console.press("q")
    console.wait_for("and a command runs on mx")
    settle(console)
    console.press("\x1b")
    console.wait_for(MAIN)
    settle(console)
    console.press("!")
    console.wait_for("│ begun")
    console.press("\x03")
    console.wait_for("x once more cancels it on mx")
    assert not desktop.entries("command-ended")
    console.press("x")
    console.wait_for("? unknown after")
    console.wait_for("cancelled")
    assert last_end(desktop).outcome == "unknown"


def test_killed_in_the_middle_the_next_session_shows_it_as_unknown(desktop: Desktop) -> None:
    console = joined(desktop)
    unlock(console)
    begin(console, "sh -c 'echo begun; sleep 4'")
    console.wait_for("│ begun")
    console.process.send_signal(signal.SIGKILL)
    console.process.wait(5)
    again = joined(desktop)
    assert UNLOCKED not in again.text()
    until(lambda: len(desktop.entries("left")) == 1, "the killed session's end")
    (left,) = desktop.entries("left")
    assert "unknown what became of `sh -c 'echo begun; sleep 4'` on mx" in left.lines()[0]
    assert len(desktop.entries("command-begun")) == 1
    assert not desktop.entries("command-ended")


def test_a_lost_terminal_writes_that_the_outcome_is_unknown(desktop: Desktop) -> None:
    console = joined(desktop)
    unlock(console)
    begin(console, "sh -c 'echo begun; sleep 88'")
    console.wait_for("│ begun")
    console.process.send_signal(signal.SIGHUP)
    console.process.wait(5)
    assert last_end(desktop).outcome == "unknown"
    assert "the session that ran it has ended" in last_end(desktop).reason


def test_a_line_that_is_too_long_is_shown_whole(desktop: Desktop) -> None:
    console = joined(desktop, 80, 24)
    unlock(console)
    begin(console, "sh -c 'seq -s. 1 60'")
    console.wait_for("✓ done after")
    shown = "".join(row.strip("│ ") for row in settle(console).split("\n"))
    assert ".".join(map(str, range(1, 61))) in shown


def test_escapes_in_output_do_not_reach_the_terminal(desktop: Desktop) -> None:
    console = joined(desktop)
    unlock(console)
    console.raw = b""
    console._fed = 0
    begin(console, r"printf '\033]0;pwned\007[bold]\n'")
    console.wait_for("^[]0;pwned^G[bold]")
    assert b"\x1b]0;pwned" not in console.raw


@pytest.mark.real
def test_over_ssh_the_host_is_picked_and_in_sight(sshd: Sshd, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    hosts = HOST.format(name="mx", login="local")
    hosts += HOST.format(name="mail1", login=f"ssh:{sshd.alias}")
    config.write_text('[system]\nname = "Lab"\n' + hosts)
    path = f"{sshd.bin}:{os.environ['PATH']}"
    with desktops.desktop(config, tmp_path / "state", PATH=path) as desktop:
        desktop.shell("incident", "open", "nobody can send")
        console = joined(desktop)
        unlock(console)
        console.press("!")
        console.wait_for("Command on which host")
        settle(console)
        console.press("\x1b[B\r")
        console.wait_for("Command on mail1 (ssh:mail1)")
        settle(console)
        console.press("sh -c 'echo from $SSH_CONNECTION; sleep 87'\r")
        console.wait_for("Run on mail1 (ssh:mail1)")
        console.wait_for("Esc no")
        console.press("y")
        console.wait_for("│ from")
        assert "mail1 (ssh:mail1)  runs for" in console.text()
        assert any("sleep" in words for words in sshd.commands())
        console.press("xx")
        console.wait_for("? unknown after")
        assert sshd.address in last_end(desktop).output
        assert not any("87" in words for words in sshd.commands())
