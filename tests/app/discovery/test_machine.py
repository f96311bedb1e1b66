import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.discovery import machine, programs
from app.discovery.machine import local_system, parse_domains, parse_interfaces, parse_master

MASTER = """\
smtp       inet  n  -  y  -  1  postscreen
submission inet  n  -  y  -  -  smtpd -o syslog_name=postfix/submission
submissions inet n  -  y  -  -  smtpd
10.0.0.5:2525 inet n - y - - smtpd
127.0.0.1:10025 inet n - y - - smtpd
smtp       unix  -  -  y  -  -  smtp
"""


@pytest.fixture(autouse=True)
def idle_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with no mail server and nothing listening; its programs go into ``bin``."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(programs, "SBIN", "")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(machine, "sockets", lambda: iter(()))
    monkeypatch.setattr(machine, "DOVECOT_RAN", tmp_path / "instances")
    monkeypatch.setattr(machine, "POSTFIX_QUEUE", tmp_path / "nowhere")
    monkeypatch.setattr(programs, "is_enabled", lambda *names: False)
    return tmp_path


def _program(folder: Path, name: str, answers: dict[str, str]) -> None:
    """Put a program there that prints the answer for its first argument, one for each other."""
    path = folder / "bin" / name
    path.write_text(
        f"#!{sys.executable}\nimport sys\n"
        f"answers = {answers!r}\n"
        "print(*(answers[key] for key in sys.argv[1:] if key in answers), sep='\\n')\n"
    )
    path.chmod(0o755)


def _postfix(folder: Path, *, ran: bool) -> None:
    queue = folder / "queue"
    (queue / "pid").mkdir(parents=True)
    if ran:
        (queue / "pid" / "master.pid").write_text("99999999")
    settings = {
        "queue_directory": str(queue),
        "inet_interfaces": "all",
        "myhostname": "mx.lab.test",
        "mydestination": "mx.lab.test, localhost.localdomain, , localhost",
        "virtual_mailbox_domains": "lab.test dept.test hash:/etc/postfix/domains",
        "-M": MASTER,
    }
    _program(folder, "postconf", settings)


def test_a_machine_without_a_mail_server_is_no_system() -> None:
    assert local_system() is None


def test_a_postfix_that_never_ran_does_not_count(idle_machine: Path) -> None:
    _postfix(idle_machine, ran=False)
    assert local_system() is None


def test_a_postfix_that_died_is_watched_as_it_is_configured(idle_machine: Path) -> None:
    _postfix(idle_machine, ran=True)
    system = local_system()
    assert system is not None
    (host,) = system.hosts
    assert host.name == os.uname().nodename.partition(".")[0]
    assert host.address == "127.0.0.1"
    assert host.mta == "postfix"
    assert host.login is not None
    assert host.login.is_local
    assert host.services == ("smtp", "submission", "smtps")
    assert system.domains == ("lab.test", "dept.test")


def test_dovecot_adds_the_services_that_it_listens_for(idle_machine: Path) -> None:
    _postfix(idle_machine, ran=True)
    (idle_machine / "instances").write_text("dovecot")
    listener = "service/{0}-login/inet_listener/{1}/port"
    answers = {
        listener.format("imap", "imap"): "0",
        listener.format("imap", "imaps"): "993",
        listener.format("pop3", "pop3"): "110",
        listener.format("pop3", "pop3s"): "995",
        "protocols": "imap lmtp",
    }
    _program(idle_machine, "doveconf", answers)
    system = local_system()
    assert system is not None
    assert system.hosts[0].services == ("smtp", "submission", "smtps", "imaps")


def test_exim_counts_when_it_starts_with_the_machine(
    idle_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(idle_machine, "exim4", {})
    assert local_system() is None
    monkeypatch.setattr(programs, "is_enabled", lambda *names: "exim4" in names)
    system = local_system()
    assert system is not None
    assert system.hosts[0].mta == "exim"
    assert system.hosts[0].services == ("smtp",)


def test_a_server_that_we_do_not_know_counts_when_it_listens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = ["  0: 00000000:0019 00000000:0000 0A 0", "  1: 00000000:01BB 00000000:0000 0A 0"]
    monkeypatch.setattr(machine, "sockets", lambda: iter(lines))
    system = local_system()
    assert system is not None
    assert system.hosts[0].mta == ""
    assert system.hosts[0].services == ("smtp",)


def test_the_address_is_one_that_postfix_listens_on() -> None:
    for text, address in (
        ("all", "127.0.0.1"),
        ("loopback-only", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("10.0.0.5, localhost", "10.0.0.5"),
        ("[::1]", "::1"),
    ):
        assert parse_interfaces(text) == address


def test_a_program_that_fails_or_hangs_is_no_mail_server(
    idle_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "DEADLINE", 0.3)
    path = idle_machine / "bin" / "postconf"
    path.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(30)\n")
    path.chmod(0o755)
    assert local_system() is None
    path.write_text("#!/nowhere/at/all\n")
    assert local_system() is None
    path.write_text(f"#!{sys.executable}\nraise SystemExit(1)\n")
    assert local_system() is None


@given(st.text(), st.text())
def test_any_configuration_is_read(text: str, name: str) -> None:
    assert parse_master(text.splitlines()) <= {"smtp", "submission", "smtps"}
    assert all("." in domain for domain in parse_domains(text, name))


def test_what_starts_with_the_machine_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    assert not programs.is_enabled("postfix", root=tmp_path)
    wants = tmp_path / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    (wants / "postfix.service").symlink_to("/lib/systemd/system/postfix.service")
    assert programs.is_enabled("postfix", root=tmp_path)
    assert not programs.is_enabled("exim4", root=tmp_path)
    init = tmp_path / "etc/rc3.d"
    init.mkdir()
    (init / "S01exim4").touch()
    assert programs.is_enabled("exim4", root=tmp_path)


@pytest.mark.real
def test_the_real_postconf_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    if not programs.find("postconf"):
        pytest.skip("postfix is not installed")
    monkeypatch.setattr(machine, "sockets", lambda: iter(()))
    monkeypatch.setattr(machine, "DOVECOT_RAN", tmp_path / "instances")
    (tmp_path / "main.cf").write_text(
        "compatibility_level = 3.6\n"
        f"queue_directory = {tmp_path}\n"
        "inet_interfaces = 127.0.0.1, localhost\n"
        "myhostname = mx.lab.test\nmydomain = lab.test\n"
        "mydestination = $myhostname, $mydomain, localhost\n"
    )
    (tmp_path / "master.cf").write_text(MASTER)
    (tmp_path / "pid").mkdir()
    (tmp_path / "pid" / "inet.smtp").touch()
    monkeypatch.setenv("MAIL_CONFIG", str(tmp_path))
    system = local_system()
    assert system is not None
    assert system.domains == ("lab.test",)
    assert system.hosts[0].address == "127.0.0.1"
    assert system.hosts[0].services == ("smtp", "submission", "smtps")
    (tmp_path / "main.cf").write_text("this is no setting\n")
    monkeypatch.setattr(machine, "POSTFIX_QUEUE", tmp_path)
    broken = local_system()
    assert broken is not None
    assert broken.hosts[0].services == ("smtp",)


@pytest.mark.real
def test_the_real_doveconf_is_understood(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.undo()
    if not programs.find("doveconf"):
        pytest.skip("dovecot is not installed")
    ports = programs.lines("doveconf", "-h", machine.LISTENERS["imaps"])
    assert ports == ["993"]
    (tmp_path / "instances").touch()
    monkeypatch.setattr(machine, "DOVECOT_RAN", tmp_path / "instances")
    assert "imaps" in machine._dovecot()
