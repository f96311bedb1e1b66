"""`mailmedic run`: shown, asked for, run, and both ends of it in the log."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.incident.kinds import CommandBegun, CommandEnded
from tests import desktop as desktops
from tests.desktop import Desktop, settle
from tests.lab.daemon import until
from tests.lab.sshd import Sshd

HOST = '[[host]]\nname = "{name}"\naddress = "127.0.0.1"\nlogin = "{login}"\n'


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    config = tmp_path / "config.toml"
    hosts = HOST.format(name="mx", login="local") + HOST.format(name="far", login="none")
    config.write_text('[system]\nname = "Lab"\n' + hosts)
    with desktops.desktop(config, tmp_path / "state") as found:
        yield found


def open_one(desktop: Desktop) -> None:
    desktop.shell("incident", "open", "nobody can send")


def ended(desktop: Desktop) -> CommandEnded:
    data = desktop.entries("command-ended")[-1].data
    assert isinstance(data, CommandEnded)
    return data


def test_both_ends_are_written_and_the_output_streams(desktop: Desktop) -> None:
    open_one(desktop)
    done = desktop.shell("run", "--yes", "mx", "--", "printf", r"one\ntwo \033[2J\n")
    assert (done.returncode, done.stdout) == (0, "one\ntwo ^[[2J\n")
    assert "on mx (local)" in done.stderr
    assert r"    printf 'one\ntwo \033[2J\n'" in done.stderr
    (begun,) = desktop.entries("command-begun")
    assert isinstance(begun.data, CommandBegun)
    assert begun.data.argv == ("printf", r"one\ntwo \033[2J\n")
    told = ended(desktop)
    assert (told.begun, told.outcome, told.status) == (begun.id, "done", 0)
    assert told.output == "one\ntwo ^[[2J"


def test_the_exit_status_tells_failed_from_unknown(desktop: Desktop) -> None:
    open_one(desktop)
    assert desktop.shell("run", "--yes", "mx", "--", "sh", "-c", "exit 9").returncode == 2
    assert ended(desktop).status == 9
    done = desktop.shell("run", "--yes", "--deadline", "1", "mx", "--", "sleep", "93")
    assert done.returncode == 3
    assert "out of time" in done.stderr
    assert ended(desktop).outcome == "unknown"


def test_words_after_the_first_dashes_are_the_commands_own(desktop: Desktop) -> None:
    open_one(desktop)
    done = desktop.shell("run", "--yes", "mx", "--", "echo", "--", "--yes", "-x", "--config")
    assert done.stdout == "-- --yes -x --config\n"


def test_without_an_incident_nothing_is_run(desktop: Desktop, tmp_path: Path) -> None:
    done = desktop.shell("run", "--yes", "mx", "--", "touch", str(tmp_path / "touched"))
    assert done.returncode == 3
    assert "mailmedic incident open" in done.stderr
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mail9", "--", "true"), "'mail9' is not a host of the config; those with a login: mx"),
        (("far", "--", "true"), 'far has no login: set login = "ssh:far" in the config'),
        (("mx", "--", "true"), "there is no terminal to ask on; --yes runs it without asking"),
        (("--deadline", "0", "mx", "--", "true"), "is not a number of seconds from 1 to 86,400"),
        (("mx",), "COMMAND"),
    ],
)
def test_a_mistake_is_one_line_and_runs_nothing(
    desktop: Desktop, words: tuple[str, ...], said: str
) -> None:
    open_one(desktop)
    done = desktop.shell("run", *words)
    assert done.returncode == 3
    assert said in done.stderr.splitlines()[-1]
    assert not desktop.entries("command-begun")


def test_the_same_again_at_once_is_refused_to_a_script(desktop: Desktop) -> None:
    open_one(desktop)
    assert desktop.shell("run", "--yes", "mx", "--", "true").returncode == 0
    again = desktop.shell("run", "--yes", "mx", "--", "true")
    assert again.returncode == 3
    assert "the same began" in again.stderr
    assert desktop.shell("run", "--yes", "--again", "mx", "--", "true").returncode == 0
    assert desktop.shell("run", "--yes", "mx", "--", "true", "x").returncode == 0


def test_it_asks_and_what_looks_destructive_wants_the_name_of_the_host(
    desktop: Desktop, tmp_path: Path
) -> None:
    open_one(desktop)
    file = tmp_path / "file"
    file.touch()
    for answer, is_there in (("y", True), ("mx", False)):
        shell = desktop.terminal("run", "mx", "--", "rm", str(file))
        shell.wait_for("type mx to run it:")
        shell.press(answer + "\r")
        while shell.process.poll() is None:
            shell.read(0.1)
        assert file.exists() == is_there
        assert shell.process.returncode == (3 if is_there else 0)
    shell = desktop.terminal("run", "mx", "--", "rm", str(file))
    shell.wait_for("Again? [y/N]")
    shell.press("n\r")
    shell.wait_for("not run")
    assert len(desktop.entries("command-begun")) == 1


def test_before_a_restart_evidence_is_offered_and_whoever_answers_neither_runs_nothing(
    desktop: Desktop,
) -> None:
    open_one(desktop)
    for answer, is_run in (("", False), ("n", True)):
        shell = desktop.terminal("run", "mx", "--", "echo", "restart")
        shell.wait_for("collect evidence of mx first? a restart destroys it [y/n]")
        shell.press(answer + "\r")
        shell.wait_for("type mx to run it:" if is_run else "not run")
        shell.press("mx\r")
        while shell.process.poll() is None:
            shell.read(0.1)
        assert len(desktop.entries("command-ended")) == is_run
    assert not desktop.entries("bundle")


def test_ctrl_c_asks_once_and_then_cancels(desktop: Desktop) -> None:
    open_one(desktop)
    shell = desktop.terminal("run", "--yes", "mx", "--", "sh", "-c", "echo begun; sleep 92")
    shell.wait_for("begun\n")
    shell.press("\x03")
    shell.wait_for("Ctrl-C once more cancels it")
    assert shell.process.poll() is None
    shell.press("\x03")
    shell.wait_for("cancelled")
    settle(shell)
    assert shell.process.wait(5) == 3
    assert ended(desktop).outcome == "unknown"


def test_a_terminal_that_is_lost_leaves_unknown_in_the_log(desktop: Desktop) -> None:
    open_one(desktop)
    shell = desktop.terminal("run", "--yes", "mx", "--", "sh", "-c", "echo begun; sleep 91")
    shell.wait_for("begun\n")
    shell.process.send_signal(signal.SIGHUP)
    shell.process.wait(5)
    assert ended(desktop).outcome == "unknown"
    assert "the session that ran it has ended" in ended(desktop).reason


def test_a_reader_that_goes_away_ends_neither_the_command_nor_its_entry(desktop: Desktop) -> None:
    open_one(desktop)
    words = ["run", "--yes", "mx", "--", "sh", "-c", "seq 100000; echo over"]
    pipe = ["sh", "-c", '"$@" | head -n 1', "sh", *desktop.argv, *words]
    done = subprocess.run(pipe, capture_output=True, env=desktop.env, timeout=60, check=True)
    assert done.stdout == b"1\n"
    assert b"Traceback" not in done.stderr
    assert ended(desktop).outcome == "done"
    assert ended(desktop).output.endswith("over")


@pytest.mark.real
def test_over_ssh_the_same(sshd: Sshd, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        '[system]\nname = "Lab"\n' + HOST.format(name="mail1", login=f"ssh:{sshd.alias}")
    )
    path = f"{sshd.bin}:{os.environ['PATH']}"
    with desktops.desktop(config, tmp_path / "state", PATH=path) as desktop:
        open_one(desktop)
        done = desktop.shell("run", "--yes", "mail1", "--", "sh", "-c", "echo $SSH_CONNECTION")
        assert done.returncode == 0
        assert sshd.address in done.stdout
        assert f"mail1 (ssh:{sshd.alias})" in done.stderr
        assert sshd.address in ended(desktop).output
        until(lambda: not sshd.connections(), "the end of the connection")
