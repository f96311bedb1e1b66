"""Whether programs would start again: the real script, with programs of ours on its PATH."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.drift import restart
from checks.drift._proof import SCRIPT, Proof, parse
from checks.hosts import LoginError, Output
from checks.model import Host, Result, State, Target
from checks.resolver import Resolver
from tests.checks.server.asking import Answers, Far
from tests.lab import exim as lab_exim
from tests.lab.daemon import free_ports, own_address, short_folder, until
from tests.lab.exim import Exim

PID_FILE, LOG = "/var/spool/exim4/exim.pid", "/var/spool/exim4/log/mainlog"

SSHD_AS_USER = "sshd: no hostkeys available -- exiting."
"""OpenSSH 9.2, ``sshd -t`` of an ordinary user."""

DOVECOT = """\
doveconf: Warning: NOTE: You can get a new clean config file with: doveconf -Pn > new
doveconf: Fatal: Error in configuration file /etc/dovecot/dovecot.conf line 97: Missing '}'
doveconf: Error: managesieve-login: dump-capability process returned 89
doveconf: Fatal: Error in configuration file /etc/dovecot/dovecot.conf line 97: Missing '}'"""
"""Dovecot 2.3.19."""

EXIM = """\
2026-11-23 03:10:11 Exim configuration error in line 12 of /etc/exim4/exim4.conf:
  main option "acl_smtp_rcptt" unknown"""
"""Exim 4.96."""


async def ask(login: Far) -> Result:
    host = Host(name="mail1", address="mail1", login=login)
    target = Target(name="mail1", about="restart", host=host, resolver=Resolver())
    result = await restart.check(target, restart.Options(), deadline=20)
    assert set(result.codes) <= set(restart.FINDINGS)
    return result


@pytest.fixture(autouse=True)
def anew() -> None:
    restart._proofs.clear()


def printed(*programs: str) -> Answers:
    text = "\n".join(["now 1795403411", *programs, "end", ""])
    return Answers(Output(0, text.encode()))


def program(
    name: str, said: str, status: int, *, up: str = "-", file: str = "1795400000 /etc/x.conf"
) -> str:
    lines = [f"|{line}" for line in said.split("\n")] if said else []
    return "\n".join([f"= {name} 4711 {up} {file}", *lines, f"% {status}"])


async def test_a_broken_file_is_told_with_its_line_before_anybody_restarts() -> None:
    result = await ask(printed(program("dovecot", DOVECOT, 89), program("sshd", "", 0)))
    assert (result.state, result.codes) == (State.WARNING, ("config.broken-if-restarted",))
    assert result.summary == (
        "Dovecot would not start again: doveconf: Fatal: Error in configuration file "
        "/etc/dovecot/dovecot.conf line 97: Missing '}'; sshd would start again"
    )


async def test_exims_complaint_takes_two_lines() -> None:
    result = await ask(printed(program("exim", EXIM, 1)))
    assert 'exim4.conf: main option "acl_smtp_rcptt" unknown' in result.summary


async def test_what_only_lacks_a_right_is_never_called_broken() -> None:
    exim = "exim: could not open /etc/exim4/exim4.conf: Permission denied"
    result = await ask(printed(program("exim", exim, 1)))
    assert (result.state, result.codes) == (State.UNKNOWN, ("config.unproved",))
    assert result.mend == "sudo exim4 -bV"
    sshd = await ask(printed(program("sshd", SSHD_AS_USER, 1)))
    assert (sshd.state, sshd.codes) == (State.OK, ())
    assert sshd.summary == "sshd (as far as a look may try) would start again"


async def test_an_edit_after_the_last_reload_is_told() -> None:
    stale = program("postfix", "", 0, up="7200", file="1795403000.25 /etc/postfix/main.cf")
    result = await ask(printed(stale))
    assert (result.state, result.codes) == (State.OK, ("config.not-loaded",))
    assert result.summary.startswith(
        "/etc/postfix/main.cf edited 23 Nov 03:03Z, Postfix last read it 23 Nov 01:10Z"
    )
    loaded = program("postfix", "", 0, up="300", file="1795403000.25 /etc/postfix/main.cf")
    assert (await ask(printed(loaded))).codes == ()


@pytest.mark.parametrize(
    ("up", "code", "said"),
    [
        ("7200~600", "config.not-loaded", "Exim's daemon last read it 23 Nov 01:10Z"),
        ("7200~300", "config.unproved", "edited 23 Nov 03:03Z: its log does not tell"),
        ("7200~adm", "config.unproved", "its log tells, and may not be read"),
        ("300~7200", "", "Exim would start again"),
    ],
)
async def test_an_exim_that_may_have_been_told_since_is_not_called_stale(
    up: str, code: str, said: str
) -> None:
    """How long it runs, and how long its log has told of no SIGHUP."""
    exim = program("exim", "", 0, up=up, file="1795403000.25 /etc/exim4/exim4.conf")
    result = await ask(printed(exim))
    assert (result.state, result.codes) == (State.OK, (code,) if code else ())
    assert said in result.summary
    assert result.mend == ("sudo gpasswd --add USER adm" if up.endswith("adm") else "")


async def test_a_program_is_tried_again_only_when_a_file_differs() -> None:
    await ask(printed(program("dovecot", DOVECOT, 89)))
    again = await ask(printed("= dovecot 4711 - 1795400000 /etc/x.conf"))
    assert again.codes == ("config.broken-if-restarted",)
    assert (await ask(printed("= dovecot 4712 - -"))).state == State.UNKNOWN


def test_nothing_is_run_that_changes_the_host() -> None:
    """``postfix check`` makes queue folders that are missing, and sudo is root's own."""
    assert "postfix check" not in SCRIPT
    assert "sudo" not in SCRIPT


@pytest.mark.real
@pytest.mark.skipif(shutil.which("postconf") is None, reason="no Postfix here")
async def test_real_programs_are_asked(tmp_path: Path) -> None:
    (tmp_path / "main.cf").write_text("mynetworks 127.0.0.0/8\n")
    (tmp_path / "master.cf").write_text("smtp inet n - n - - smtpd\n")
    ps = tmp_path / "ps"
    ps.write_text("#!/bin/sh\necho ' 10 9000 1 master'; echo ' 12 5 10 qmgr'\n")
    ps.chmod(0o755)
    path = f"PATH={tmp_path}:{os.environ['PATH']}"
    result = await ask(Far("env", f"MAIL_CONFIG={tmp_path}", path))
    assert "config.broken-if-restarted" in result.codes
    assert "line 1: missing '=' after attribute name" in result.summary


@contextmanager
def exim_daemon() -> Iterator[tuple[Exim, Path]]:
    """A real one on a port of its own, started long ago by its log and by the `ps` in a folder."""
    address = own_address()  # nobody else takes the port while it is given up for a moment
    port = free_ports(address, "smtp")["smtp"]
    settings = f"daemon_smtp_ports = {port}\npid_file_path = {PID_FILE}\n"
    settings += "tls_advertise_hosts =\n"  # else each start makes a key and a certificate
    with lab_exim.exim() as server, short_folder("mm-ps") as folder:
        folder.chmod(0o755)
        server.config.write_text(settings + lab_exim.CONFIG.replace("127.0.0.1", address, 1))
        server.run("exim4", "-bd")
        try:
            until(lambda: "daemon started" in server.run("cat", LOG), "the daemon")
            server.run("sed", "-i", "s/^....-..-../2026-11-01/", LOG)
            pid, ps = server.run("cat", PID_FILE).strip(), folder / "ps"
            ps.write_text(
                f"#!/bin/sh\n/usr/bin/ps -p {pid} -o pid=,ppid=,args= |"
                " while read -r pid parent args; do echo $pid 9999999 $parent $args; done\n"
            )
            ps.chmod(0o755)
            yield server, folder
        finally:
            server.run("sh", "-c", f"kill -KILL $(cat {PID_FILE})")


@pytest.mark.real
async def test_what_exims_daemon_has_read_is_told_by_its_log() -> None:
    with exim_daemon() as (server, folder):

        async def asked(user: str = "root") -> Result:
            restart._proofs.clear()
            path = f"PATH={folder}:{os.environ['PATH']}"
            login = Far(*server.inside(user=user), "env", path)
            return await ask(login)

        def edited(at: datetime) -> None:
            os.utime(server.config, (at.timestamp(), at.timestamp()))

        edited(datetime(2026, 10, 30, tzinfo=UTC))
        assert (await asked()).codes == ()
        edited(datetime(2026, 11, 2, tzinfo=UTC))
        stale = await asked()
        assert stale.codes == ("config.not-loaded",)
        assert "exim4.conf edited 02 Nov 00:00Z, Exim's daemon last read it 01 Nov" in stale.summary
        unsure = await asked("oper")
        assert unsure.codes == ("config.unproved",)
        assert "edited 02 Nov 00:00Z: its log tells, and may not be read" in unsure.summary
        assert unsure.mend == "sudo gpasswd --add USER Debian-exim"
        assert (await asked("group")).codes == ("config.not-loaded",)

        def has_read_again() -> bool:
            # Exim 4.96 looks whether there was one, and then waits: what comes between is lost.
            log = server.run("cat", LOG)
            if "SIGHUP received" not in log:
                server.run("sh", "-c", f"kill -HUP $(cat {PID_FILE})")
            return log.count("daemon started") > 1

        until(has_read_again, "the daemon again")
        assert (await asked()).codes == ()
        server.config.write_text("nonsense = 1\n" + server.config.read_text())
        broken = await asked()
        assert broken.codes[0] == "config.broken-if-restarted"
        assert "Exim would not start again, and delivers nothing meanwhile: " in broken.summary
        assert 'main option "nonsense" unknown' in broken.summary


@given(st.lists(st.text("=|>%~ now4711postfixend\n-/", max_size=40)), st.binary(max_size=50))
def test_whatever_a_host_prints_is_read_or_refused(lines: list[str], junk: bytes) -> None:
    text = "\n".join(["now 1795403411", *lines, "end", ""]).encode()
    for data in (text, text[:-5] + junk, junk):
        try:
            parse(Output(0, data), {"postfix": Proof("4711", is_good=True)})
        except LoginError:
            continue
