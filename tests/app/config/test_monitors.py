from __future__ import annotations

from pathlib import Path

import pytest

from app.config import ConfigError, load

HOST = '[[host]]\nname = "mail1"\naddress = "mx.lab.test"\n\n[[monitor]]\n'


def loaded(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(HOST + text)
    return path


def test_a_monitor_watches_our_hosts_and_its_secret_lies_beside_the_config(tmp_path: Path) -> None:
    text = """
name  = "prom"
kind  = "prometheus"
url   = "https://prom.lab.test:9090/p"
token = { file = "prom.token" }
query = ["up == 0"]
"""
    (monitor,) = load(loaded(tmp_path, text)).system.monitors
    assert [host.name for host in monitor.hosts] == ["mail1"]
    assert (monitor.queries, monitor.url) == (("up == 0",), "https://prom.lab.test:9090/p")
    assert monitor.token is not None
    assert monitor.token.file == str(tmp_path / "prom.token")


def test_nagios_may_be_read_from_its_status_file(tmp_path: Path) -> None:
    text = 'name = "nagios"\nkind = "nagios"\nlogin = "ssh:nagios1"'
    (monitor,) = load(loaded(tmp_path, text)).system.monitors
    assert monitor.login is not None
    assert monitor.status_file == "/var/lib/nagios4/status.dat"


def test_a_plugin_runs_on_this_machine_unless_it_is_said_where(tmp_path: Path) -> None:
    text = 'name = "disk"\nkind = "plugin"\ncommand = ["check_disk", "-w", "10%"]\nabout = "mail1"'
    (monitor,) = load(loaded(tmp_path, text)).system.monitors
    assert monitor.command == ("check_disk", "-w", "10%")
    assert monitor.login is not None
    assert monitor.login.is_local
    (monitor,) = load(loaded(tmp_path, f'{text}\nlogin = "ssh:mail1"')).system.monitors
    assert monitor.login is not None
    assert not monitor.login.is_local


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('kind = "nagos"\nurl = "https://x"', 'not "nagos"; did you mean "nagios"?'),
        ('kind = "nagios"', '"url": is missing'),
        ('kind = "nagios"\nurl = "https://u:p@x"', "must not hold a user or a password"),
        ('kind = "icinga2"\nurl = "https://x"\ncommand = ["x"]', 'for the kind "plugin" alone'),
        ('kind = "plugin"\nabout = "mail1"', '"command": is missing'),
        (
            'kind = "plugin"\ncommand = ["x"]\nabout = "mial1"',
            'hosts or domains, not "mial1"; did you mean "mail1"?',
        ),
        ('kind = "icinga2"\nlogin = "local"', "only Nagios has a status file"),
        ('kind = "nagios"\nlogin = "local"\nurl = "https://x"', "not both"),
        ('kind = "nagios"\nlogin = "local"\nstatus_file = "x"', "begins with /"),
        ('kind = "icinga2"\nurl = "https://x"\nquery = ["up"]', "only Prometheus takes queries"),
        ('kind = "icinga2"\nurl = "https://x"\npassword = "secret"', "never written here"),
        ('kind = "icinga2"\nurl = "http://x"\ntoken = { env = "T" }', "would go in clear"),
        ('kind = "icinga2"\nurl = "https://x"\nca_file = "no.pem"', "there is no file"),
        (
            'kind = "icinga2"\nurl = "https://x"\ntoken = { env = "T" }\npassword = { env = "P" }',
            "there is a password already",
        ),
    ],
)
def test_what_does_not_fit_is_said_by_line_and_key(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(loaded(tmp_path, f'name = "site"\n{text}'))
    (problem,) = caught.value.problems
    assert says in problem
    assert 'monitor "site"' in problem
    assert "secret" not in problem


def test_a_password_may_go_in_clear_to_this_machine_alone(tmp_path: Path) -> None:
    text = (
        'name = "am"\nkind = "alertmanager"\nurl = "http://127.0.0.1:9093"\ntoken = { env = "T" }'
    )
    assert load(loaded(tmp_path, text)).system.monitors
    with pytest.raises(ConfigError, match="would go in clear"):
        load(loaded(tmp_path, text.replace("127.0.0.1", "127.example.org")))
