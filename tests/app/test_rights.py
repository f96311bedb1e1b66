"""What a login lacks, and that the lines for sudoers give that and no more."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from app import doctor, rights
from app.bundle.piece import Piece, pieces
from app.config import Config
from app.rights import Held, Rights, known, read, sudoers
from checks.hosts import Denied, Login
from checks.hosts.local import LocalLogin
from checks.model import Host, System
from tests.boards import NOWHERE


def programs(folder: Path, **texts: str) -> LocalLogin:
    """A login that finds these programs before the machine's own."""
    for name, text in texts.items():
        path = folder / name.replace("_", "-")
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    return LocalLogin({"PATH": f"{folder}:{os.environ['PATH']}"})


def verdicts(found: Rights) -> dict[str, str]:
    return {one.right.sees: one.verdict for one in found.held}


USER = "case $1 in -un) echo oper ;; *) echo 1000 ;; esac"
SUDO = """
[ "$1" = -n ] || exit 9
[ "$2" = -l ] && exit 0
case $2 in */dmesg) exec "$2" -x ;; *) echo 'sudo: a password is required' >&2; exit 1 ;; esac
"""


async def test_each_is_tried_as_the_user_and_then_by_sudo(tmp_path: Path) -> None:
    login = programs(
        tmp_path,
        id=USER,
        sudo=SUDO,
        dmesg='[ "$1" = -x ]',
        nft="exit 0",
        ss="exit 0",
        doveadm="echo 'Permission denied' >&2; exit 77",
        journalctl="echo 'Hint: You are currently not seeing messages from other users' >&2",
        getent="exit 0",
    )
    found = await rights.ask(login)
    assert (found.user, found.is_root) == ("oper", False)
    told = verdicts(found)
    assert told["what the kernel said"] == "allowed"
    assert told["the firewall's rules (nftables)"] == "enough"
    assert told["which process has which socket"] == "refused"  # ends well, and shows less
    assert told["who is logged in to Dovecot"] == "refused"
    assert told["the journal of all users and of the system"] == "group"


async def test_without_a_group_of_its_own_the_journal_needs_sudo(tmp_path: Path) -> None:
    denied = "echo 'No journal files were opened due to insufficient permissions.' >&2"
    login = programs(tmp_path, id=USER, sudo="exit 1", journalctl=denied, getent="exit 2")
    told = verdicts(await rights.ask(login))
    assert told["the journal of all users and of the system"] == "refused"


async def test_whom_sudo_lets_do_nothing_tries_it_once(tmp_path: Path) -> None:
    login = programs(tmp_path, id=USER, sudo=f"echo >>{tmp_path}/asked; exit 1", ss="exit 0")
    assert (await rights.ask(login)).lacking
    assert (tmp_path / "asked").read_text() == "\n"


async def test_root_lacks_nothing(tmp_path: Path) -> None:
    found = await rights.ask(programs(tmp_path, id="echo 0"))
    assert found.is_root
    assert sudoers("mx", found) == ()


def lacking_all(user: str = "oper") -> Rights:
    """All of them refused, on a host that has every program."""
    return Rights(
        user,
        tuple(
            Held(one, "refused", tuple(f"/usr/sbin/{name}" for name in one.programs))
            for one in known()
        ),
    )


def config() -> Config:
    host = Host(name="mx", address="127.0.0.1", login=LocalLogin())
    return Config(system=System(name="x", hosts=(host,), resolver=NOWHERE))


async def test_doctor_says_what_is_not_seen_and_ends_with_the_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def asked(login: Login) -> Rights:
        return lacking_all()

    monkeypatch.setattr(rights, "ask", asked)
    *told, last = await doctor.rights(config())
    assert {(one.subject, one.is_there) for one in told} == {("mx rights", False)}
    assert "does not see what the kernel said" in {one.text for one in told}
    assert (last.subject, last.mend) == ("mx sudoers", "sudo visudo -f /etc/sudoers.d/mailmedic")
    assert last.lines == sudoers("mx", lacking_all())


async def test_a_host_that_does_not_answer_has_unknown_rights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def asked(login: Login) -> Rights:
        raise Denied("not you")

    monkeypatch.setattr(rights, "ask", asked)
    (told,) = await doctor.rights(config())
    assert (told.is_there, told.text) == (False, "not known: not you")


@pytest.mark.real
@pytest.mark.parametrize("host", ["mx", "mx-1.lab", "1", "ä ö"])
def test_the_lines_are_what_sudoers_takes(host: str, tmp_path: Path) -> None:
    if not shutil.which("visudo"):
        pytest.skip("visudo is in Debian's package sudo")
    path = tmp_path / "mailmedic"
    path.write_text("\n".join(sudoers(host, lacking_all())) + "\n")
    done = subprocess.run(["visudo", "-cf", path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_program_may_be_given_words_that_mailmedic_does_not_use() -> None:
    commands = [line for line in sudoers("mx", lacking_all()) if line.startswith("    /")]
    given = [line.strip(" ,\\").partition(" ")[2] for line in commands]
    assert len(commands) == sum(len(one.programs) * len(one.allow) for one in known())
    assert all(given)  # none at all would allow all words
    assert not any("*" in words or "!" in words for words in given)


@pytest.mark.parametrize("piece", [one for one in pieces() if one.sudo], ids=lambda one: one.name)
def test_what_a_bundle_runs_by_sudo_is_allowed_with_its_very_words(piece: Piece) -> None:
    program, *words = piece.argv
    assert any(program in one.programs and shlex.join(words) in one.allow for one in known())


@pytest.mark.parametrize(
    ("queue_id", "is_allowed"), [("3F2a", True), ("3F2 -c /tmp", False), ("../../etc", False)]
)
def test_a_message_is_opened_by_its_id_alone(queue_id: str, is_allowed: bool) -> None:
    (postcat,) = (one for one in known() if one.programs == ("postcat",))
    assert bool(re.search(postcat.allow[0], f"-q -e -h {queue_id}")) == is_allowed


def test_what_lies_where_others_may_write_is_never_run_as_root() -> None:
    printed = b"user oper\n0 refused /home/oper/bin/ss /usr/bin/ss /usr/bin/../../tmp/ss\n"
    assert read(printed).lacking[0].paths == ("/usr/bin/ss",)


@pytest.mark.parametrize(
    "printed",
    [
        b"user oper ALL=(ALL) ALL\n0 refused /usr/bin/ss",
        b"user a,b\n0 refused /usr/bin/ss",
        b"user ALL\n0 refused /usr/bin/ss",
        b"user oper\n0 refused /bin/bash\n1 refused /bin/bash\n2 refused /usr/bin/env",
        b"user oper\n99 refused /usr/bin/ss\n\xb2 refused\n0\n-1 refused /x",
        b"",
    ],
)
def test_a_host_that_answers_something_else_gets_no_line_of_its_own(printed: bytes) -> None:
    lines = sudoers("mx", read(printed))
    assert lines in {(), (
        "Cmnd_Alias MAILMEDIC_MX = \\", "    /usr/bin/ss -ntuapi",
        "oper ALL = (root) NOPASSWD: MAILMEDIC_MX",
    )}  # fmt: skip


@pytest.mark.parametrize("path", ["/bin/bash", "/usr/bin/ss.sh", "/usr/bin/postqueue"])
def test_a_login_that_lies_gets_no_line_for_another_program(path: str) -> None:
    assert sudoers("mx", read(f"user oper\n0 refused {path}\n".encode())) == ()


@pytest.mark.parametrize("user", ["ALL", "ADMINS", "Defaults"])
def test_what_is_no_user_to_sudoers_gets_no_line(user: str) -> None:
    assert sudoers("mx", read(f"user {user}\n0 refused /usr/bin/ss\n".encode())) == ()


def test_the_lines_are_the_whole_file_also_where_some_are_allowed_already() -> None:
    first, *rest = lacking_all().held
    allowed = Held(first.right, "allowed", first.paths)
    assert sudoers("mx", Rights("oper", (allowed, *rest))) == sudoers("mx", lacking_all())


def test_no_right_stands_twice() -> None:
    given = [(one.programs, one.allow) for one in known()]
    assert len(set(given)) == len(given)
