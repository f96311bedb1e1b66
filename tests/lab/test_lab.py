"""The lab itself: what it starts is real, and nothing of it is left."""

from __future__ import annotations

import contextlib
import imaplib
import os
import poplib
import smtplib
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.lab.daemon import Daemon, until
from tests.lab.dovecot import dovecot
from tests.lab.postfix import postfix

pytestmark = pytest.mark.real

Start = Callable[[], AbstractContextManager[Daemon]]
both = pytest.mark.parametrize("start", [postfix, dovecot])


def processes_in(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (process / "cmdline").read_bytes().decode(errors="replace")
            if (process / "cwd").readlink().is_relative_to(folder) or str(folder) in command:
                found.append(command)
    return found


def is_open(server: Daemon) -> bool:
    for port in server.ports.values():
        with contextlib.suppress(OSError), socket.create_connection((server.address, port), 1):
            return True
    return False


def assert_nothing_left(server: Daemon) -> None:
    assert processes_in(server.folder) == []
    assert not server.folder.exists()
    assert not is_open(server)


@both
def test_a_server_leaves_nothing_behind(start: Start) -> None:
    with start() as server:
        assert is_open(server)
        assert processes_in(server.folder)
    assert_nothing_left(server)


@both
def test_a_failing_test_leaves_nothing_behind(start: Start) -> None:
    with contextlib.suppress(ZeroDivisionError), start() as server:
        raise ZeroDivisionError
    assert_nothing_left(server)


@both
def test_a_stopped_server_refuses_and_starts_again_on_its_ports(start: Start) -> None:
    with start() as server:
        for end in (server.stop, server.kill):
            began = time.monotonic()
            end()
            assert time.monotonic() - began < 5
            assert not server.is_running
            assert not is_open(server)
            assert processes_in(server.folder) == []
            server.start()
            assert is_open(server)


@both
def test_two_instances_run_at_the_same_time(start: Start) -> None:
    with start() as one, start() as other:
        one.stop()
        assert is_open(other)
        assert not is_open(one)


@both
def test_a_killed_test_run_leaves_no_server(start: Start) -> None:
    name = start.__name__
    code = f"""
import os
from tests.lab.{name} import {name}
with {name}() as server:
    print(server.folder, flush=True)
    os.kill(os.getpid(), 9)
"""
    with start():  # skips here, where it can't run
        argv = [sys.executable, "-c", code]
        repository = Path(__file__).parents[2]
        run = subprocess.run(argv, capture_output=True, text=True, cwd=repository, check=False)
    folder = Path(run.stdout.strip())
    assert folder.name.startswith(f"mm-{name}-")
    until(lambda: not folder.exists() and processes_in(folder) == [], "the end of the orphans")


def test_the_plain_ports_start_tls_with_a_certificate_that_its_ca_signed() -> None:
    with postfix() as server, dovecot("ana") as store:
        mail_tls = ssl.create_default_context(cafile=server.ca_file)
        for port in server.ports.values():
            with smtplib.SMTP(server.address, port) as client:
                client.starttls(context=mail_tls)
        store_tls = ssl.create_default_context(cafile=store.ca_file)
        imap = imaplib.IMAP4(store.address, store.ports["imap"])
        imap.starttls(store_tls)
        imap.login(*store.user("ana"))
        imap.logout()
        imaplib.IMAP4_SSL(store.address, store.ports["imaps"], ssl_context=store_tls).logout()
        pop = poplib.POP3_SSL(store.address, store.ports["pop3s"], context=store_tls)
        name, password = store.user("ana")
        pop.user(name)
        pop.pass_(password)
        pop.quit()


def test_mail_goes_from_postfix_through_lmtp_into_a_mailbox() -> None:
    with (
        dovecot("ana") as store,
        postfix(
            virtual_transport=f"lmtp:unix:{store.lmtp}",
            smtpd_sasl_auth_enable="yes",
            smtpd_sasl_type="dovecot",
            smtpd_sasl_path=str(store.sasl),
        ) as server,
    ):
        with smtplib.SMTP(server.address, server.ports["submission"]) as client:
            client.starttls(context=ssl.create_default_context(cafile=server.ca_file))
            client.login(*store.user("ana"))
            client.sendmail("x@out.test", ["ana@lab.test"], "Subject: hello\r\n\r\nbody\r\n")
        imap = imaplib.IMAP4(store.address, store.ports["imap"])
        imap.login(*store.user("ana"))
        until(lambda: imap.select("INBOX")[1] == [b"1"], "mail in the mailbox")
        imap.logout()


def test_clones_are_messages_that_postfix_itself_would_have_named_so() -> None:
    with postfix() as server:
        server.inject(2)
        server.clone(200, spread=3600)
        assert server.count("deferred") == 202
        listed = server.command("postqueue", "-j").stdout.splitlines()
        assert len(listed) == 202
        assert all(b"Connection refused" in line for line in listed)
        server.stop()
        checked = server.command("postsuper", "-s")
        assert (checked.returncode, checked.stderr) == (0, b"")
        assert server.count("deferred") == 202


@pytest.fixture
def as_nobody() -> Iterator[None]:
    if os.geteuid() != 0:
        pytest.skip("an ordinary user already")
    os.seteuid(65534)
    yield
    os.seteuid(0)


@both
def test_an_ordinary_user_is_told_why_it_is_skipped(start: Start, as_nobody: None) -> None:
    with pytest.raises(pytest.skip.Exception, match="starts as root only"), start():
        pass
