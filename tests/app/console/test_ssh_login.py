"""Where ssh wants an answer, the console says so, asks nothing itself, and hands the line over."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import sshd
from tests.lab.daemon import short_folder, until
from tests.lab.sshd import Sshd
from tests.strict import foreign
from tests.terminal import Terminal

pytestmark = pytest.mark.real

PASSPHRASE = "open sesame 4711"
PROMPTS = (b"authenticity", b"yes/no", b"nter passphrase", b"assword:")


@pytest.fixture
def stranger() -> Iterator[Sshd]:
    """A host whose key is not known yet."""
    with sshd.sshd() as server:
        server.known_hosts.unlink()
        yield server


@pytest.fixture
def locked() -> Iterator[Sshd]:
    """A host that is entered with a key that has a passphrase."""
    with sshd.sshd() as server:
        server.make_key("user", PASSPHRASE)
        server.authorized_keys.write_text(server.user_key.with_suffix(".pub").read_text())
        yield server


@pytest.fixture
def console(stranger: Sshd, locked: Sshd, tmp_path: Path) -> Iterator[Terminal]:
    programs = sshd.client(tmp_path, stranger=stranger, locked=locked)
    tables = (
        f'[[host]]\nname = "{name}"\naddress = "127.0.0.1"\nlogin = "ssh:{name}"\nmta = "postfix"\n'
        for name in ("stranger", "locked")
    )
    config = tmp_path / "config.toml"
    config.write_text('[system]\nname = "Lab"\n' + "".join(tables))
    argv = [sys.executable, "-m", "app", "--config", str(config)]
    with short_folder("mm-run") as runtime:
        terminal = Terminal(
            argv, 160, 42,
            PATH=f"{programs}:{os.environ['PATH']}",
            XDG_STATE_HOME=str(tmp_path),
            XDG_RUNTIME_DIR=str(runtime),
        )  # fmt: skip
        try:
            yield terminal
        finally:
            terminal.close()


def both_wait(console: Terminal) -> None:
    for name in ("stranger", "locked"):
        console.wait_for(f"? {name}  ssh asks for an answer: press L")


def interrupt(console: Terminal, prompt: str) -> None:
    """Ctrl-C at a prompt: OpenSSH loses one that comes between its prompt and its read(2)."""
    console.wait_for(prompt)
    while console.read(0.5):
        pass
    console.press("\x03")


def test_a_person_answers_in_the_real_terminal_and_the_panels_fill(
    console: Terminal, stranger: Sshd, locked: Sshd
) -> None:
    both_wait(console)
    assert not any(prompt in console.raw for prompt in PROMPTS)
    assert foreign(console.raw) == []

    console.press("L")
    console.wait_for("authenticity of host")
    assert "1 Servers" not in console.text()
    console.press("yes\r")
    console.wait_for("Enter passphrase for key")
    console.press(PASSPHRASE + "\r")

    console.wait_for("1 Servers")
    for name in ("stranger", "locked"):
        console.wait_for(f"│ {name}")
    until(lambda: console.read(0.1) and "press L" not in console.text(), "both hosts")
    console.wait_for("%")
    for server in (stranger, locked):
        assert len(server.connections()) == 1
    assert PASSPHRASE.encode() not in console.raw
    console.press("q")
    while console.read(0.5):
        pass
    assert console.process.wait(5) == 0
    until(lambda: not stranger.connections() and not locked.connections(), "the end of both")


def test_ctrl_c_in_the_prompt_returns_to_the_console(console: Terminal) -> None:
    both_wait(console)
    console.press("L")
    interrupt(console, "authenticity of host")
    interrupt(console, "Enter passphrase for key")
    console.wait_for("1 Servers")
    both_wait(console)
    console.press("?")
    console.wait_for("KEYS")
    console.press("\x1b")
    console.wait_for("1 Servers")
    while console.read(0.3):  # for Esc and a key at once are one key: Alt
        pass
    console.press("q")
    while console.read(0.5):
        pass
    assert console.process.wait(5) == 0
