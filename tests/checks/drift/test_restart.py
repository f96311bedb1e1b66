"""Whether programs would start again: the real script, with programs of ours on its PATH."""

from __future__ import annotations

import os
import shutil
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


@given(st.lists(st.text("=|% now4711postfixend\n-/", max_size=40)), st.binary(max_size=50))
def test_whatever_a_host_prints_is_read_or_refused(lines: list[str], junk: bytes) -> None:
    text = "\n".join(["now 1795403411", *lines, "end", ""]).encode()
    for data in (text, text[:-5] + junk, junk):
        try:
            parse(Output(0, data), {"postfix": Proof("4711", is_good=True)})
        except LoginError:
            continue
