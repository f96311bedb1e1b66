"""A right config becomes the system that it describes."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.config import ConfigError, load
from app.config.lines import lines_of
from app.incident.targets import TARGETS
from checks.drift import config as drift
from checks.secret import Secret

FULL = """
[system]
name     = "Lab mail"
domains  = ["lab.test", "Dept.Test."]
resolver = "127.0.0.53"

[[host]]
name     = "mail1"
address  = "mail1.lab.test"
login    = "local"
mta      = "postfix"
services = ["smtp", "smtp:2525", "imaps"]
power    = "ipmi:bmc1"
ups      = "rack1@nut.example.org:3493"
watch    = ["/etc/postfix"]
ca_file  = "lab-ca.pem"

[[host]]
name  = "gw"
queue = "command:/usr/local/bin/count 'of gw'"

[[canary]]
address    = "canary1@lab.test"
submission = "mail1"
imap       = "mail1:1143"
password   = { file = "canary1.secret" }

[[vantage]]
name  = "gw"
login = "ssh:gw"

[[route]]
name     = "it-team"
audience = ["it", "management"]
url      = "https://ntfy.out.test/x"

[check.config]
interval = 60

[log]
folder = "/var/lib/mailmedic"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "lab-ca.pem").write_text("")
    path = tmp_path / "mailmedic.toml"
    path.write_text(FULL)
    return path


def test_the_config_of_the_manual_becomes_a_system(path: Path) -> None:
    config = load(path)
    system = config.system
    assert (system.name, system.domains) == ("Lab mail", ("lab.test", "dept.test"))
    assert system.resolver.server == "127.0.0.53"
    mail1, gw = system.hosts
    assert mail1.login is not None
    assert mail1.login.is_local
    assert (mail1.address, mail1.mta, mail1.watch) == (
        "mail1.lab.test",
        "postfix",
        ("/etc/postfix",),
    )
    assert mail1.ca_file == str(path.parent / "lab-ca.pem")
    assert [target.id for target in system.services("smtp")] == ["smtp/mail1:25", "smtp/mail1:2525"]
    assert (gw.address, gw.login, gw.services) == ("gw", None, ())
    assert [host.ups for host in config.system.hosts] == ["rack1@nut.example.org:3493", ""]
    assert [host.queue for host in system.hosts] == [(), ("/usr/local/bin/count", "of gw")]
    powers = {host.name: host.power.where if host.power else "" for host in config.system.hosts}
    assert powers == {"mail1": "bmc1", "gw": ""}
    canary = system.canaries[0]
    assert canary.password == Secret(file=str(path.parent / "canary1.secret"))
    assert (canary.user, canary.domain) == ("canary1@lab.test", "lab.test")
    assert (canary.submission.id, canary.imap.id) == ("submission/mail1:587", "imap/mail1:1143")
    assert canary.submission.host == canary.imap.host == mail1
    assert config.routes[0].audience == ("it", "management")


def test_options_are_those_of_the_check_with_what_the_table_sets(path: Path) -> None:
    options = load(path).options("config")
    assert isinstance(options, drift.Options)
    assert (options.interval, options.deadline) == (60.0, drift.Options().deadline)


def test_what_a_check_keeps_goes_into_the_shared_state_folder(path: Path) -> None:
    options = load(path).options("config")
    assert isinstance(options, drift.Options)
    assert options.folder == "/var/lib/mailmedic"


def test_a_check_without_a_table_has_its_defaults(path: Path) -> None:
    path.write_text('[[host]]\nname = "a"')
    assert load(path).options("config") == drift.Options()


@pytest.mark.parametrize("change", ["\ufeff{}", "{}"])
def test_a_byte_order_mark_and_dos_line_ends_do_no_harm(path: Path, change: str) -> None:
    path.write_text(change.format(FULL), newline="\r\n")
    assert len(load(path).system.hosts) == 2


def test_a_system_without_a_name_is_called_by_its_domain_or_host(path: Path) -> None:
    path.write_text('[[host]]\nname = "a"')
    assert load(path).system.name == "a"
    path.write_text('[system]\ndomains = ["b.test"]\n[[host]]\nname = "a"')
    assert load(path).system.name == "b.test"


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_config_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "garbage.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).replace("\n", "").isprintable()


words = st.sampled_from(
    ["system", "host", "check", "canary", "log", "name", "password", "config", "a b", "\x1b", "'"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=8,
)


def toml(value: object) -> str:
    match value:
        case dict():
            inside = ", ".join(f"{toml(key)} = {toml(entry)}" for key, entry in value.items())
            return f"{{ {inside} }}"
        case list():
            return f"[{', '.join(map(toml, value))}]"
        case bool():
            return str(value).lower()
        case str():
            return '"' + "".join(f"\\U{ord(character):08x}" for character in value) + '"'
        case None:
            return "2026-11-23"
        case _:
            return str(value)


@given(st.dictionaries(words, values, max_size=5))
def test_no_toml_raises_anything_but_a_config_error(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, object]
) -> None:
    path = tmp_path_factory.getbasetemp() / "shapes.toml"
    path.write_text("".join(f"{toml(key)} = {toml(value)}\n" for key, value in document.items()))
    with suppress(ConfigError):
        load(path)


TRICKY = '''# [[host]]
[[host]]
name = "a" # name = "b"
services = [
  "x = 1", "[[host]]",
  ["y"],
]
note = """
[[host]]
name = "\\""""
other.key = 1
[host.sub]
deep = {a = [1, 2], b = "}"}
[[ "host" ]]
'name' = \'\'\'
[system]
\'\'\'
last = 1
'''


def test_lines_are_found_through_comments_and_strings_of_several_lines() -> None:
    tomllib.loads(TRICKY)
    assert lines_of(TRICKY) == {
        ("host", 0): 2,
        ("host", 0, "name"): 3,
        ("host", 0, "services"): 4,
        ("host", 0, "note"): 8,
        ("host", 0, "other"): 11,
        ("host", 0, "other", "key"): 11,
        ("host", 0, "sub"): 12,
        ("host", 0, "sub", "deep"): 13,
        ("host", 1): 14,
        ("host", 1, "name"): 15,
        ("host", 1, "last"): 18,
    }


def test_targets_are_the_usual_ones_but_for_what_their_table_sets(path: Path) -> None:
    path.write_text('[[host]]\nname = "a"\n[targets.SEV4]\nnotice = 7200')
    targets = load(path).targets
    assert targets["SEV1"] == TARGETS["SEV1"]
    assert targets["SEV4"] == replace(TARGETS["SEV4"], notice=7200.0)


def test_the_rhythm_of_notices_is_the_usual_one_but_for_what_its_table_sets(path: Path) -> None:
    path.write_text('[[host]]\nname = "a"\n[notices]\nurgent = 600\nevery = { SEV4 = 60 }')
    notices = load(path).notices
    assert (notices.first, notices.urgent, notices.every) == (300, 600, {"SEV4": 60})
