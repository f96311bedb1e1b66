"""What a person types, and the one line that answers when it can't be done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checks.server.asking import need_namespaces
from tests.lab.dovecot import Dovecot
from tests.lab.postfix import Postfix
from tests.peers.dns import dns_server
from tests.systems import write_config

NO_MAIL = pytest.mark.skipif(
    Path("/var/spool/postfix/pid/master.pid").exists(), reason="this machine is a mail server"
)


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No config and no state but those of the test."""
    monkeypatch.delenv("MAILMEDIC_CONFIG", raising=False)
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))


def mailmedic(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=Path(__file__).parents[3],
        env=os.environ,
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("status", "--bogus"), "unrecognized arguments: --bogus"),
        (("--config",), "expected one argument"),
        (("--config", "/nonexistent.toml", "status"), "/nonexistent.toml"),
        (("status", "--config", "/"), "/: "),
        (("init",), "DOMAIN"),
        (("init", "bad domain"), "is not a domain"),
        (("status", "--json", "--plugin"), "not allowed with"),
        (("status", "x\x1b[2Jy"), "is not a domain"),
    ],
)
def test_a_mistake_is_one_line_and_exit_status_3(words: tuple[str, ...], said: str) -> None:
    done = mailmedic(*words)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("mailmedic: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr


@NO_MAIL
@pytest.mark.parametrize("words", [(), ("status",)])
def test_with_nothing_to_watch_it_says_what_to_type(words: tuple[str, ...]) -> None:
    done = mailmedic(*words)
    assert done.returncode == 3
    assert "`mailmedic drill`" in done.stderr


def test_help_names_every_subcommand() -> None:
    done = mailmedic("--help")
    assert done.returncode == 0
    for name in ("status", "init", "doctor", "drill"):
        assert f"mailmedic {name} " in done.stdout


def test_config_is_taken_before_or_after_the_subcommand(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("[sistem]\n")
    before = mailmedic("--config", str(bad), "status")
    after = mailmedic("status", "--config", str(bad))
    assert before.stderr == after.stderr
    assert 'did you mean "system"' in before.stderr


@NO_MAIL
def test_doctor_examines_the_machine_where_there_is_nothing_to_watch() -> None:
    done = mailmedic("doctor")
    assert done.returncode == 3
    assert "gap  config" in done.stdout
    assert "mend: mailmedic init DOMAIN" in done.stdout


@pytest.mark.real
def test_doctor_names_what_a_login_lacks(
    postfix: Postfix, dovecot: Dovecot, tmp_path: Path
) -> None:
    config = write_config(tmp_path, postfix, dovecot, login="local")
    done = mailmedic("doctor", "--config", str(config))
    assert "ok   mail1 login" in done.stdout
    assert "gap  store1 login" in done.stdout
    assert 'mend: login = "ssh:store1"' in done.stdout


async def test_init_writes_what_dns_tells_and_never_overwrites(tmp_path: Path) -> None:
    import asyncio

    zone = """
        lab.test. MX 10 mail1.lab.test.
        mail1.lab.test. A 127.0.0.1
    """
    path = tmp_path / "new.toml"
    async with dns_server(zone) as peer:
        script = (
            "import sys\n"
            "from checks import resolver\n"
            f"machine = resolver.Resolver\n"
            f"resolver.Resolver = lambda *a: machine('127.0.0.1', port={peer.port})\n"
            "from app.__main__ import main\n"
            f"sys.exit(main(['init', 'lab.test', '--config', {str(path)!r}]))\n"
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, stderr=asyncio.subprocess.PIPE
        )
        _, said = await process.communicate()
    assert (process.returncode, said) == (0, b"")
    assert 'domains = ["lab.test"]' in path.read_text().replace("  ", " ")
    written = path.read_text()
    again = mailmedic("init", "lab.test", "--config", str(path))
    assert again.returncode == 3
    assert "exists" in again.stderr
    assert path.read_text() == written


def test_a_machine_without_a_network_knows_nothing_of_the_servers(tmp_path: Path) -> None:
    need_namespaces()
    config = tmp_path / "config.toml"
    config.write_text('[[host]]\nname = "mx"\naddress = "192.0.2.1"\nservices = ["smtp"]\n')
    argv = ["unshare", "--net", sys.executable, "-m", "app", "status", "--config", str(config)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.startswith("UNKNOWN  mx  could not look at smtp")
    assert (done.returncode, done.stderr) == (3, "")
