"""Each new head goes where those who may write the log can't reach it: into the system's log."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from app.incident import witness
from app.incident.chain import verify
from app.incident.kinds import Note
from app.incident.log import IncidentLog
from tests.lab.daemon import short_folder

HEAD = re.compile(r"mailmedic\[\d+\]: incident (\S+) head (\d+:[0-9a-f]{64}) by \S+$", re.MULTILINE)

CONFIG = """\
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{folder}/log")
*.* action(type="omfile" file="{folder}/messages")
"""


@pytest.fixture
def devlog(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A socket as /dev/log is one."""
    with (
        short_folder("mm-log") as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver,
    ):
        receiver.bind(str(folder / "log"))
        receiver.settimeout(5)
        monkeypatch.setattr(witness, "SOCKET", str(folder / "log"))
        yield receiver


def test_each_head_is_sent_and_holds_against_the_log(
    log: IncidentLog, devlog: socket.socket
) -> None:
    sent = []
    for number in range(3):
        log.append(Note(), f"note {number}")
        message = devlog.recv(4096).decode()
        assert message.startswith("<13>mailmedic["), "user.notice, RFC 3164 section 4.1.1"
        [(incident, head)] = HEAD.findall(message)
        assert (incident, head) == (log.id, log.head)
        sent.append(head)
    assert not verify(log.content(), sent).broken


def test_a_log_that_takes_nothing_more_holds_nobody_up(
    devlog: socket.socket, log: IncidentLog
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                sender.sendto(b"full", witness.SOCKET)
    assert log.append(Note(), "note").is_written


@pytest.fixture
def rsyslog(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What a real rsyslogd, as Debian's, has written."""
    if shutil.which("rsyslogd") is None:
        pytest.skip("rsyslogd is not installed")
    with short_folder("mm-rsyslog") as folder:
        config = folder / "rsyslog.conf"
        config.write_text(CONFIG.format(folder=folder))
        argv = ["rsyslogd", "-n", "-f", str(config), "-i", str(folder / "pid")]
        with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as server:
            _wait_for(folder / "log", server)
            monkeypatch.setattr(witness, "SOCKET", str(folder / "log"))
            yield folder / "messages"
            server.terminate()
            server.communicate(timeout=10)


def _wait_for(path: Path, server: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 20
    while not path.exists() and server.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    assert path.exists(), server.communicate(timeout=5)


@pytest.mark.real
def test_what_rsyslog_keeps_shows_a_log_that_was_hashed_anew(
    rsyslog: Path, log: IncidentLog
) -> None:
    for number in range(5):
        log.append(Note(), f"note {number}")
    end = time.monotonic() + 20
    while len(heads := _heads(rsyslog, log.id)) < 6 and time.monotonic() < end:
        time.sleep(0.05)
    assert not verify(log.content(), heads).broken
    assert heads[-1] == log.head
    content = log.content()
    log.close()
    forged = IncidentLog.create(log.path.parent, "nothing happened")
    for number in range(5):
        forged.append(Note(), f"note {number}")
    forged.path.replace(log.path)
    assert not verify(log.path.read_bytes()).broken, "a forger knows how to hash"
    assert verify(log.path.read_bytes(), heads).broken.startswith("entry 1 was altered")
    assert not verify(content, heads).broken


def _heads(messages: Path, incident: str) -> list[str]:
    text = messages.read_text() if messages.exists() else ""
    return [head for found, head in HEAD.findall(text) if found == incident]
