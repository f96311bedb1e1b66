from __future__ import annotations

import asyncio
import os
import socket
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.facts import Limit, LimitFacts
from checks.model import State
from checks.server import limits as module
from checks.server._families import find
from checks.server._limit_table import SCRIPT, Limits, OpenFiles, Service, parse
from checks.server._look import Garbled, Question
from checks.server._process_table import Seen
from checks.server.limits import Options, facts, judge
from tests.checks.server.asking import Far, ask
from tests.checks.server.test_process_table import named
from tests.checks.server.test_processes import DOVECOT, POSTFIX, one, table
from tests.lab.daemon import short_folder, until
from tests.lab.dovecot import dovecot
from tests.ordinary_user import NOBODY

# Debian 12 in the outage lab, recorded; files as root sees them, and the last as anybody does.
LAB = """\
limits
postfix 120
master smtp       inet  n  -  y  -     -    smtpd
master submission inet  n  -  y  -     -    smtpd
master 127.0.0.1:10025 inet n - y -    3    smtpd -o content_filter=
master smtpd      pass  -  -  y  -     0    smtpd
default_process_limit = 100
default_client_limit = 1000
service/imap-login/process_limit = 0
service/imap-login/client_limit = 0
service/imap-login/service_count = 1
service/imap/process_limit = 1024
service/imap/client_limit = 1
service/imap/service_count = 1
service/lmtp/process_limit = 0
service/lmtp/client_limit = 0
service/lmtp/service_count = 0
name 574 dovecot
name 806 qmgr
574/limits:Max open files            20000                20000                files     
806/limits:Max open files            20000                20000                files     
count 574 236
"""  # noqa: W291


DOVEADM = """\
limits
service name\tprocess_count\tprocess_avail\tprocess_limit\tclient_limit\tlistening\tprocess_total
service pop3\t0\t0\t1024\t1\ty\t0
service imap\t5\t2\t1024\t1\ty\t9
service lmtp\t0\t0\t100\t8\ty\t0
service imap-login\t2\t1\t2\t3\ty\t2
service auth\t1\t1\t1\t1000\ty\t1
free imap-login 1
"""
"""Debian 12's Dovecot 2.3.19, as its master tells root."""

TOLD = "".join(f"{line.removeprefix('service ')}\n" for line in DOVEADM.splitlines()[1:7])


def smtpd(pid: int, service: str) -> Seen:
    return one(f"{pid} 10 smtpd", f"smtpd -n {service} -t inet -u -c -o stress=")


def test_what_the_script_prints_is_read() -> None:
    limits = parse(LAB)
    assert limits.smtpd == {"smtp": 120, "submission": 120, "127.0.0.1:10025": 3, "smtpd": None}
    assert limits.dovecot == {
        "imap-login": Service(100, 1, is_single=True),
        "imap": Service(1024, 1, is_single=True),
        "lmtp": Service(100, 1000),
    }
    assert limits.files == (
        OpenFiles(574, "dovecot", 236, 20000),
        OpenFiles(806, "qmgr", None, 20000),
    )


def test_what_the_master_of_dovecot_tells_root_is_read() -> None:
    assert parse(DOVEADM).dovecot == {
        "pop3": Service(1024, 1, 0),
        "imap": Service(1024, 1, 3),
        "lmtp": Service(100, 8, 0),
        "imap-login": Service(2, 3, 5),
        "auth": Service(1, 1000),  # how many more it takes was not told
    }


@pytest.mark.parametrize(
    ("said", "limit"), [("", 100), ("postfix 0\n", None), ("postfix $workers\n", None)]
)
def test_a_limit_that_is_not_known_is_none(said: str, limit: int | None) -> None:
    assert parse(LAB.replace("postfix 120\n", said)).smtpd["smtp"] == limit


@given(st.text(alphabet="limts\nmaster postfixsmtpd-0123456789/_= ", max_size=200))
def test_the_parser_raises_nothing_but_its_own(text: str) -> None:
    for given_text in (text, LAB + text, LAB.replace("0", text or "0"), DOVEADM + text):
        try:
            parse(given_text)
        except Garbled:
            continue


def test_workers_are_counted_by_the_service_that_they_work_for() -> None:
    seen = (
        *POSTFIX,
        *(smtpd(100 + number, "smtp") for number in range(3)),
        smtpd(200, "127.0.0.1:10025"),
        one("201 10 smtpd", "smtpd -t pass -u -c"),
        *DOVECOT,
        *(one(f"{300 + number} 20 imap-login") for number in range(4)),
    )
    limits = Limits(
        smtpd={"smtp": 3, "submission": 100, "127.0.0.1:10025": 5, "smtpd": 9},
        dovecot={
            "imap-login": Service(4, 1, is_single=True),
            "pop3-login": Service(100, 1, is_single=True),
        },
        files=(),
    )
    found = facts(limits, find(table(*seen)))
    assert [(one.name, one.used, one.most) for one in found] == [
        ("smtpd of smtp", 3, 3),
        ("smtpd of submission", 0, 100),
        ("smtpd of 127.0.0.1:10025", 1, 5),
        ("smtpd of smtpd", 1, 9),
        ("clients of imap-login", 4, 4),
    ]
    assert [one.code for one in judge(found, Options())] == [
        "limit.postfix.smtpd",
        "limit.dovecot.clients",
    ]


@pytest.mark.parametrize(
    ("service", "running", "used"),
    [
        # Each serves one client and ends: processes are clients.
        (Service(4, 1, is_single=True), 3, 3),
        # Others may idle, or serve many: what is full is not seen, room is.
        (Service(4, 1), 3, "nothing"),
        (Service(4, 1), 4, None),
        (Service(4, 1000), 4, None),
        (Service(4, 1000), 0, "nothing"),
        # The master's own word.
        (Service(4, 1000, 17), 4, 17),
        (Service(4, 1000, 0), 0, 0),
    ],
)
def test_processes_are_not_always_clients(
    service: Service, running: int, used: int | str | None
) -> None:
    seen = (*DOVECOT, *(one(f"{300 + number} 20 imap-login") for number in range(running)))
    found = facts(Limits(smtpd={}, dovecot={"imap-login": service}, files=()), find(table(*seen)))
    assert [one.used for one in found] == ([] if used == "nothing" else [used])
    codes = [judged.code for judged in judge(found, Options())]
    assert codes == (["limit.dovecot.not-allowed"] if used is None else [])


def test_of_two_instances_it_is_not_known_which_settings_hold() -> None:
    two = (*POSTFIX, one("40 1 master", "/usr/lib/postfix/sbin/master -w"))
    limits = Limits(smtpd={"smtp": 1}, dovecot={}, files=())
    assert facts(limits, find(table(*two))) == ()


@pytest.mark.parametrize(
    ("used", "most", "codes"),
    [
        (89, 100, []),
        (90, 100, [("limit.files", State.WARNING)]),
        (100, 100, [("limit.files", State.WARNING)]),
        (None, 100, [("limit.files.not-allowed", State.OK)]),
    ],
)
def test_judging(used: int | None, most: int, codes: list[tuple[str, State]]) -> None:
    seen = (Limit("files", "open files of dovecot (574)", used, most),)
    assert [(one.code, one.state) for one in judge(seen, Options())] == codes


async def test_what_this_user_may_not_count_is_said_with_what_would_mend_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = Question("limits", None, f"cat <<'END'\n{LAB}END", parse)
    monkeypatch.setattr(module, "QUESTION", said)
    result = await ask("limits", Far())
    assert (result.state, result.codes) == (State.OK, ("limit.files.not-allowed",))
    assert result.summary.startswith("open files of 1 mail processes can't be counted by this user")
    assert result.mend == 'login = "ssh:root@mail1"'
    assert isinstance(result.facts, LimitFacts)
    assert [one.used for one in result.facts.limits if one.subject == "files"] == [236, None]


@pytest.mark.parametrize(
    ("programs", "asked"),
    [
        ({"doveadm": f"cat <<'END'\n{TOLD}END"}, True),
        ({"doveadm": "echo 'usage: doveadm [-Dv] <command>'; exit 64"}, False),
        ({"doveadm": "exit 75"}, False),
        # Who is not root is refused: so it is not asked.
        ({"doveadm": f"cat <<'END'\n{TOLD}END", "id": "echo 1000"}, False),
    ],
)
async def test_where_the_master_of_dovecot_tells_nothing_its_settings_count(
    programs: dict[str, str], asked: bool
) -> None:
    with short_folder("mm-limits") as folder:
        own = {"id": "echo 0", "doveconf": "echo service/pop3/process_limit = 7"} | programs
        for name, text in own.items():
            (folder / name).write_text(f"#!/bin/sh\n{text}\n")
            (folder / name).chmod(0o755)
        login = Far("sh", "-c", f'PATH={folder}:$PATH; exec "$@"', "sh")
        output = await login.run(["sh", "-c", SCRIPT], deadline=10)
    pop3 = parse(output.stdout.decode()).dovecot["pop3"]
    assert pop3 == (Service(1024, 1, 0) if asked else Service(7, 1000))


@pytest.mark.real
@pytest.mark.parametrize(
    ("settings", "most", "logged"),
    [
        # One process for all; some that wait for a client each; some that end with theirs.
        ("service_count = 0\nprocess_limit = 1\nclient_limit = 2\n", 2, "client_limit (2) reached"),
        ("service_count = 0\nprocess_limit = 2\nprocess_min_avail = 2\nclient_limit = 1\n", 2,
         "process_limit (2) reached"),
        ("service_count = 1\nprocess_limit = 2\n", 2, "process_limit (2) reached"),
    ],
)  # fmt: skip
async def test_a_real_dovecot_is_full_when_its_master_says_so(
    settings: str, most: int, logged: str
) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(dovecot(settings=f"service imap-login {{\n{settings}}}\n"))
        bind = f'mount --bind {server.config} /etc/dovecot/dovecot.conf; exec "$@"'
        login = Far("unshare", "-m", "sh", "-c", bind, "sh")
        for used in range(most):
            assert await clients(login, used) == (most, False), "there is room for one more"
            line = socket.create_connection((server.address, server.ports["imap"]), timeout=10)
            assert stack.enter_context(line).recv(4) == b"* OK"
        assert await clients(login, most) == (most, True)
        assert logged not in server.told()
        stack.enter_context(socket.create_connection((server.address, server.ports["imap"])))
        until(lambda: logged in server.told(), "its master says that it is full")


async def clients(login: Far, used: int) -> tuple[int, bool]:
    """How many imap-login may have, once it has `used`, and whether that is full."""
    async with asyncio.timeout(10):
        while True:
            result = await ask("limits", login)
            assert isinstance(result.facts, LimitFacts)
            for one in result.facts.limits:
                if one.name == "clients of imap-login" and one.used == used:
                    return one.most, "limit.dovecot.clients" in result.codes
            await asyncio.sleep(0.05)


async def test_open_files_are_their_owners_and_roots_to_count() -> None:
    with named("qmgr") as pid:
        assert (await counted(Far(), pid) or 0) >= 3
        if os.geteuid() == 0:
            nobody = Far("setpriv", "--reuid", str(NOBODY), "--clear-groups")
            assert await counted(nobody, pid) is None


async def counted(login: Far, pid: int) -> int | None:
    output = await login.run(["sh", "-c", SCRIPT], deadline=10)
    files = parse(output.stdout.decode()).files
    return next(one.count for one in files if one.pid == pid)
