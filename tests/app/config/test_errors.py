"""Every mistake gets its line: file, line, table, key, what was expected, the nearest name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.config import ConfigError, load
from tests.ordinary_user import ordinary_user

HOST = '[[host]]\nname = "mail1"\n'

MISTAKES = [
    # unknown names
    (HOST + 'adress = "x"', ':3: host "mail1": unknown key "adress"; did you mean "address"?'),
    (HOST + "[hosts]", ':3: unknown table "hosts"; did you mean "host"?'),
    (HOST + "[system]\nresolvr = 1", ':4: system: unknown key "resolvr"; did you mean "resolver"?'),
    (HOST + "[check.confg]", ':3: check.confg: no check is called "confg"; did you mean "config"?'),
    (
        HOST + "[check.config]\nintervall = 3",
        ':4: check.config: unknown key "intervall"; did you mean "interval"?',
    ),
    (
        HOST + 'services = ["smtp", "imps"]',
        ':3: host "mail1": "services": no service is called "imps"; did you mean "imaps"?',
    ),
    (
        HOST + 'mta = "posfix"',
        ':3: host "mail1": "mta": must be "postfix", "exim" or "none", not "posfix"; '
        'did you mean "postfix"?',
    ),
    (
        HOST + 'ups = "rack1"',
        ':3: host "mail1": "ups": must be "NAME@HOST", as upsc takes it, not "rack1"',
    ),
    # types
    (HOST + "services = 25", ':3: host "mail1": "services": expected a list, got a whole number'),
    (
        HOST + 'services = [\n "smtp", # [[host]]\n 25]',
        ':3: host "mail1": "services": expected text, got a whole number (entry 2)',
    ),
    (HOST + "address = []", ':3: host "mail1": "address": expected text, got a list'),
    (
        HOST + '[check.config]\ninterval = "3"',
        ':4: check.config: "interval": expected a number, got text',
    ),
    (
        HOST + "[check.config]\ninterval = 1e400",
        ':4: check.config: "interval" must be a finite number',
    ),
    (
        HOST + "[check.config]\ndeadline = 0",
        ':4: check.config: "deadline": must be more than 0 and at most 86400 seconds',
    ),
    (
        HOST + "[check.smtp]\nfailure_threshold = 1",
        ':4: check.smtp: "failure_threshold": must be from 2 to 100 tries: no verdict rests on one',
    ),
    (
        HOST + "[check.smtp]\nsuccess_threshold = 0",
        ':4: check.smtp: "success_threshold": must be from 1 to 100 tries',
    ),
    ('system = 3\nhost = [{name = "a"}]', ':1: "system" must be a table'),
    ('[host]\nname = "a"', ':1: "host" is written [[host]], with two brackets'),
    ("host = [1]", ":1: host 1: must be a table"),
    (
        HOST + "[targets.SEV5]\nresolve = 60",
        ':3: targets.SEV5: no severity is called "SEV5"; there are SEV1, SEV2, SEV3, SEV4',
    ),
    (
        HOST + "[targets.SEV1]\nresolv = 60",
        ':4: targets.SEV1: unknown key "resolv"; did you mean "resolve"?',
    ),
    (
        HOST + "[notices]\nevery = { urgent = 60 }",
        ':4: notices: "every": no severity is called "urgent"; there are SEV1, SEV2, SEV3, SEV4',
    ),
    (
        HOST + '[notices]\nzone = "Mars"',
        ':4: notices: "zone": no time zone is called "Mars"',
    ),
    (
        HOST + "[targets.SEV1]\nnotice = -1",
        ':4: targets.SEV1: "notice": must be more than 0 and at most 2592000 seconds (30 days)',
    ),
    (
        HOST + '[severity]\none_host = "SEV9"',
        ':4: severity: "one_host": must be one of SEV1, SEV2, SEV3, SEV4',
    ),
    (
        HOST + '[severity]\none_hots = "SEV2"',
        ':4: severity: unknown key "one_hots"; did you mean "one_host"?',
    ),
    ("severity = 3\n" + HOST, ':1: "severity" must be a table'),
    ("targets = 3\n" + HOST, ':1: "targets" is written [targets.SEV1]'),
    ("check = []\n" + HOST, ':1: "check" is written [check.KIND]'),
    # values
    (HOST + "services = []\nname = 'x'", ":4: not TOML: this key is there already"),
    (HOST + HOST, ':3: host "mail1": there is one of this name already, on line 1'),
    (HOST + HOST.replace("mail1", "Mail1"), ':3: host "Mail1": there is one of this name already'),
    ("[[host]]", ':1: host 1: "name" is missing'),
    ("[system]\nname = 'x'", ":1: there is no [[host]]; `mailmedic init DOMAIN` writes a config"),
    (HOST + 'login = "shh:x"', ':3: host "mail1": "login": \'shh:x\' is not a login'),
    (
        HOST + 'services = ["smtp:99999"]',
        ':3: host "mail1": "services": "smtp:99999" needs a port from 1 to 65535',
    ),
    (
        HOST + 'services = ["smtp", "submission:25"]',
        ':3: host "mail1": "services": "smtp" and "submission:25" are the same port',
    ),
    (
        HOST + 'queue = "qmail-qstat"',
        ':3: host "mail1": "queue": must be "command:COMMAND", not "qmail-qstat"',
    ),
    (HOST + 'queue = "command: "', ':3: host "mail1": "queue": must be "command:COMMAND", not'),
    (HOST + 'queue = "command:a \'"', ':3: host "mail1": "queue": '),
    (HOST + 'watch = ["etc"]', '"watch": "etc" must be a path that begins with /'),
    (HOST + 'ca_file = "none.pem"', ':3: host "mail1": "ca_file": there is no file '),
    (HOST + '[system]\nresolver = "ns1"', ':4: system: "resolver": must be an IP address'),
    (
        HOST + '[system]\ndomains = ["lab.test", "LAB.test."]',
        ':4: system: "domains": "lab.test" is there twice',
    ),
    (HOST + '[system]\ndomains = ["a b"]', '"a b" is not a domain'),
    (HOST + '[[host]]\nname = "a/b"', ':4: host "a/b": "name": must be one word of letters'),
    # TOML itself
    ("[[host]]\nname = mail1", ":2: not TOML: Invalid value"),
    ("\n\n[[host", ":3: not TOML: "),
    ("x = " + "[" * 3000, ": is nested too deeply"),
    ("x = " + "1" * 5000, ": not TOML: a whole number is too long"),
    ("x = 1\n" + "y" * 20_000, ":2: is longer than 10,000 characters"),
]


def problems(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).split("\n") == list(caught.value.problems)[:20]
    return [problem.removeprefix(str(path)) for problem in caught.value.problems]


@pytest.mark.parametrize(("text", "expected"), MISTAKES)
def test_a_mistake_is_named_in_one_line(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "mailmedic.toml"
    path.write_text(text)
    (problem,) = problems(path)
    assert expected in problem
    assert str(path) not in problem or "ca_file" in problem


def test_the_line_in_the_manual_is_what_is_said(tmp_path: Path) -> None:
    path = tmp_path / "mailmedic.toml"
    path.write_text('[system]\n\n# it\n\n[[host]]\nname = "mail1"\nadress = "x"\n')
    with pytest.raises(ConfigError) as caught:
        load(path)
    expected = f'{path}:7: host "mail1": unknown key "adress"; did you mean "address"?'
    assert str(caught.value) == expected


def test_all_problems_are_told_at_once_in_the_order_of_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "mailmedic.toml"
    path.write_text(
        '[system]\nresolver = "ns"\n[[host]]\nname = "a"\nservices = ["smpt"]\nlogin = "x"\n'
        '[[host]]\nname = "a"\nadress = "b"\n[check.config]\nfoldr = ""\n'
    )
    assert [problem.split(": ")[0] for problem in problems(path)] == [
        ":2",
        ":5",
        ":6",
        ":7",
        ":9",
        ":11",
    ]


def test_more_problems_than_anybody_reads_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "mailmedic.toml"
    path.write_text(HOST + "".join(f"key{number} = 1\n" for number in range(50)))
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).endswith("\nand 30 more")


SECRET = "hunter2-c0ffee"
CANARY = '[[canary]]\naddress = "c@lab.test"\nsubmission = "mail1"\nimap = "mail1"\n'


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f'password = "{SECRET}"', '"password" must be { file = "…" }, { env = "…" } or'),
        (f'pasword = "{SECRET}"\npassword = {{env = "X"}}', 'unknown key "pasword"'),
        (f'password = {{ flie = "{SECRET}" }}', 'unknown key "flie"; did you mean "file"?'),
        (f'password = {{ file = ["{SECRET}"] }}', '"file": expected text, got a list'),
        (f'password = {{ file = "{SECRET}", env = "X" }}', "must hold one of"),
        (f"password = {SECRET}", "not TOML: Invalid value"),
        (f'password = ["{SECRET}"]', "and is never written here itself"),
    ],
)
def test_a_secret_in_the_wrong_place_is_refused_and_not_repeated(
    tmp_path: Path, line: str, expected: str
) -> None:
    path = tmp_path / "mailmedic.toml"
    path.write_text(HOST + CANARY + line)
    found = "\n".join(problems(path))
    assert expected in found
    assert SECRET not in found


def test_escapes_in_names_do_not_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "mailmedic.toml"
    path.write_text(
        '"\\u001b]0;x\\u0007" = 1\n[[host]]\nname = "\\u001b[31m"\n"\\u202e" = 1\n'
        'login = "\\u001b[0m"\nservices = ["\\u001b[1m"]\n'
    )
    assert all(problem.isprintable() for problem in problems(path))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ": is empty; `mailmedic init DOMAIN` writes a config"),
        (b" \r\n\n", ": is empty; `mailmedic init DOMAIN` writes a config"),
        (b"x" * 10_000_000, ": is larger than 1 MiB: that is not a config"),
        ("[system]".encode("utf-16"), ": is UTF-16: save it as UTF-8"),
        (b"# a\n# \xff", ":2: is not UTF-8 text"),
        (b"a\0b", ":1: not TOML: "),
    ],
)
def test_what_is_no_config_ends_in_one_line(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "mailmedic.toml"
    path.write_bytes(content)
    (problem,) = problems(path)
    assert problem.startswith(expected)


def test_of_a_file_of_a_terabyte_no_more_is_read_than_shows_it(tmp_path: Path) -> None:
    path = tmp_path / "mailmedic.toml"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert problems(path) == [": is larger than 1 MiB: that is not a config"]


def test_what_is_no_file_ends_in_one_line_at_once(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert problems(fifo) == [": is not a file"]
    assert problems(Path("/dev/zero")) == [": is not a file"]
    assert problems(tmp_path) == [": cannot be read: Is a directory"]
    assert problems(tmp_path / "none") == [": cannot be read: No such file or directory"]
    assert problems(loop) == [": cannot be read: Too many levels of symbolic links"]


def test_a_file_that_may_not_be_read_ends_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "mailmedic.toml"
    path.write_text(HOST)
    path.chmod(0)
    with ordinary_user():
        assert problems(path) == [": cannot be read: Permission denied"]
