"""A host's settings against the baseline: the real script, with programs of ours on its PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from checks.drift import _baseline, changes
from checks.drift._answer import parse
from checks.drift._compare import Seen, differences
from checks.drift._copy import Copy
from checks.facts import ChangeFacts
from checks.hosts import LoginError, Output
from checks.model import Host, Result, State, Target
from checks.resolver import Resolver
from tests.checks.server.asking import Far

NOW = datetime(2026, 11, 30, 3, 10, tzinfo=UTC)
NFT = "table inet x {\n\tchain input {\n\t\ttcp dport 25 accept\n\t}\n}\n"
PACKAGES = "postfix 3.7.10 ii \ndovecot-core 2.3 ii \n"


class Prepared(Far):
    """This machine with other programs; `sent` is what each look had printed."""

    def __init__(self, programs: Path) -> None:
        self.sent: list[bytes] = []
        super().__init__("env", f"PATH={programs}:{os.environ['PATH']}", "MAIL_CONFIG=/none")

    async def run(self, *args: object, **kwargs: object) -> Output:
        output = await super().run(*args, **kwargs)  # type: ignore[arg-type]
        self.sent.append(output.stdout)
        return output


class Machine:
    """A host whose programs print what files of that name hold."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.says("nft", NFT)
        self.says("dpkg-query", PACKAGES)
        self.says("journalctl", "mx systemd[1]: Started.\n")
        self.says("crontab", "")
        for name in ("postconf", "doveconf", "exim4", "exim"):
            self.says(name, "")
        self.login = Prepared(folder)

    def says(self, name: str, text: str) -> None:
        (self.folder / f"{name}.txt").write_text(text)
        program = self.folder / name
        program.write_text(f'#!/bin/sh\n[ "$1" = -Mf ] || cat {program}.txt\n')
        program.chmod(0o755)

    def refuses(self, name: str, complaint: str) -> None:
        program = self.folder / name
        said = f"echo asked >>{program}.asked; echo '{complaint}' >&2; exit 1"
        program.write_text(f"#!/bin/sh\n{said}\n")
        program.chmod(0o755)

    async def look(self, *, retake: bool = False) -> Result:
        host = Host(name="mail1", address="mail1", login=self.login)
        target = Target(name="mail1", about="changes", host=host, resolver=Resolver())
        options = changes.Options(folder=str(self.state), window=1.0)
        ask = changes.take if retake else changes.check
        result = await ask(target, options, deadline=20)
        assert set(result.codes) <= set(changes.FINDINGS)
        return result


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    changes._memories.clear()
    return Machine(tmp_path)


def kinds(result: Result) -> list[tuple[str, str]]:
    assert isinstance(result.facts, ChangeFacts), result
    return [(one.kind, one.text) for one in result.facts.changes]


async def test_the_first_look_takes_the_baseline_and_then_only_digests_come(
    machine: Machine,
) -> None:
    machine.says("dpkg-query", "".join(f"package{n} 1.0-{n} ii \n" for n in range(2000)))
    first = await machine.look()
    assert (first.state, kinds(first)) == (State.OK, [])
    assert first.summary.startswith("baseline taken of ")
    assert (await machine.look()).summary.startswith("nothing has changed since ")
    changes._memories.clear()  # as a program that has just been started
    await machine.look()
    first_sent, again, anew = machine.login.sent
    assert b"|package7 1.0-7 ii " in first_sent
    assert len(again) < 2_000
    assert b"|package" not in anew


async def test_nothing_has_changed_is_not_said_of_what_was_not_seen(machine: Machine) -> None:
    await machine.look()
    seen = await machine.look()
    machine.refuses("nft", "Operation not permitted")
    machine.refuses("sudo", "sudo: a password is required")
    less = await machine.look()
    unseen = [len(facts.unseen) for facts in (seen.facts, less.facts)]  # type: ignore[union-attr]
    assert unseen[1] == unseen[0] + 1
    assert less.summary.startswith("nothing has changed since ")
    assert less.summary.endswith(f"Z, but {unseen[1]} not seen")


async def test_a_rule_a_package_and_a_parameter_are_each_told_by_name(machine: Machine) -> None:
    machine.says("postconf", "relayhost = [a.test]\n")
    await machine.look()
    machine.says("nft", NFT.replace("accept", "accept\n\t\ttcp dport 587 drop"))
    machine.says("dpkg-query", PACKAGES.replace("3.7.10", "3.7.11"))
    machine.says("postconf", "relayhost = [b.test]\n")
    result = await machine.look()
    assert set(kinds(result)) == {
        ("firewall", "+ tcp dport 587 drop"),
        ("package", "postfix 3.7.10 → 3.7.11"),
        ("parameter", "relayhost [a.test] → [b.test]"),
    }
    assert set(result.codes) == {"change.firewall", "change.package", "change.parameter"}
    assert isinstance(result.facts, ChangeFacts)
    (rule,) = [one for one in result.facts.changes if one.kind == "firewall"]
    assert "+\t\ttcp dport 587 drop".replace("\t", " ") in rule.diff
    assert rule.after is not None
    assert rule.after <= rule.at
    again = await machine.look()
    assert kinds(again) == kinds(result)
    assert [one.at for one in again.facts.changes] == [one.at for one in result.facts.changes]  # type: ignore[union-attr]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
async def test_a_certificate_that_was_replaced_is_told_by_its_end(machine: Machine) -> None:
    key, certificate = machine.folder / "key.pem", machine.folder / "cert.pem"

    def issue(days: int) -> None:
        words = f"-subj /CN=mx -days {days} -keyout {key} -out {certificate}"
        argv = ["openssl", "req", "-x509", "-nodes", "-newkey", "rsa:1024", *words.split()]
        subprocess.run(argv, check=True, capture_output=True)

    issue(10)
    machine.says("postconf", f"smtpd_tls_chain_files = {key}, {certificate}\n")
    await machine.look()
    issue(90)
    result = await machine.look()
    ((kind, text),) = kinds(result)
    assert kind == "certificate"
    assert text.startswith(f"{certificate} until ")
    assert " → until " in text
    assert result.codes == ("change.certificate",)


async def test_a_package_on_hold_since_the_baseline_warns_until_it_counts_as_good(
    machine: Machine,
) -> None:
    await machine.look()
    machine.says("dpkg-query", PACKAGES.replace("3.7.10 ii", "3.7.10 hi"))
    held = await machine.look()
    assert held.state == State.WARNING
    assert "package.held" in held.codes
    assert held.summary.startswith("postfix on hold")
    assert (await machine.look(retake=True)).state == State.OK
    assert kinds(await machine.look()) == []


async def test_an_open_relay_is_critical_also_where_the_baseline_has_it(machine: Machine) -> None:
    machine.says("postconf", "mynetworks = 0.0.0.0/0\n")
    result = await machine.look()
    assert (result.state, result.codes) == (State.CRITICAL, ("config.open-relay",))
    assert result.summary.startswith("mynetworks has 0.0.0.0/0: everybody may relay; baseline")


async def test_what_may_not_be_looked_at_is_said_with_its_mend_and_is_no_change(
    machine: Machine,
) -> None:
    await machine.look()
    machine.refuses("nft", "Operation not permitted (you must be root)")
    machine.refuses("sudo", "sudo: a password is required")
    result = await machine.look()
    assert kinds(result) == []
    assert "change.unseen" in result.codes
    assert "NOPASSWD: /usr/sbin/nft -s -t list ruleset" in result.mend


async def test_sudo_that_refused_is_not_asked_again(machine: Machine) -> None:
    machine.refuses("nft", "Operation not permitted (you must be root)")
    machine.refuses("sudo", "sudo: a password is required")
    await machine.look()
    changes._memories.clear()  # as a program that has just been started
    await machine.look()
    assert (machine.folder / "sudo.asked").read_text() == "asked\n"
    await machine.look(retake=True)  # who mended it says so
    assert (machine.folder / "sudo.asked").read_text() == "asked\n" * 2


async def test_no_secret_is_kept(machine: Machine) -> None:
    machine.says("postconf", "ldap_bind_password = hunter2\n")
    await machine.look()
    stored = _baseline.read(_baseline.place(str(machine.state), "mail1 settings"))
    assert stored
    assert "hunter2" not in repr(stored)
    machine.says("postconf", "ldap_bind_password = hunter3\n")
    assert "hunter" not in repr(await machine.look())


async def test_a_secret_in_a_baseline_of_an_earlier_version_is_shown_by_no_diff(
    machine: Machine,
) -> None:
    machine.says("postconf", "relayhost = a\n")
    await machine.look()
    place = _baseline.place(str(machine.state), "mail1 settings")
    kept = zlib.decompress(place.read_bytes()).replace(b"relayhost = a", b"x_pw = hunter2")
    place.write_bytes(zlib.compress(kept))
    changes._memories.clear()
    machine.says("postconf", "x_pw = hunter3\nrelayhost = b\n")
    assert "hunter" not in repr(await machine.look())


async def test_a_host_that_answers_something_else_is_unknown(machine: Machine) -> None:
    with pytest.raises(LoginError, match="no answer about changes: Welcome"):
        parse(Output(0, b"Welcome!\n"))
    machine.login = Prepared(machine.folder)
    machine.login._prefix = ("echo",)
    assert (await machine.look()).state == State.UNKNOWN


async def test_a_baseline_that_is_damaged_is_said(machine: Machine) -> None:
    await machine.look()
    _baseline.place(str(machine.state), "mail1 settings").write_bytes(b"x")
    result = await machine.look()
    assert (result.state, result.codes) == (State.UNKNOWN, ("config.baseline",))


@pytest.mark.real
@pytest.mark.skipif(shutil.which("postconf") is None, reason="no Postfix here")
async def test_a_real_postfix_is_asked_for_its_settings(tmp_path: Path) -> None:
    changes._memories.clear()
    (tmp_path / "main.cf").write_text("mynetworks = 127.0.0.0/8\n")
    (tmp_path / "master.cf").write_text("smtp inet n - n - - smtpd\n")
    login = Far("env", f"MAIL_CONFIG={tmp_path}")
    host = Host(name="mail1", address="mail1", login=login)
    target = Target(name="mail1", about="changes", host=host, resolver=Resolver())
    options = changes.Options(folder=str(tmp_path / "state"), window=1.0)
    await changes.check(target, options, deadline=20)
    (tmp_path / "main.cf").write_text("mynetworks = 0.0.0.0/0\n")
    (tmp_path / "master.cf").write_text("smtp inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes\n")
    found = kinds(await changes.check(target, options, deadline=20))
    assert ("parameter", "mynetworks 127.0.0.0/8 → 0.0.0.0/0") in found
    assert ("parameter", "master.cf smtp/inet -o smtpd_sasl_auth_enable = yes") in found


def test_of_a_units_file_it_is_told_what_became_of_it_and_no_checksum() -> None:
    files = "a.service 11 20 ./a.service\nb.service 12 20 ./b.service\nc.service -> /dev/null"
    later = "b.service 13 20 ./b.service\nc.service 14 20 ./c.service\nd.service 15 9 ./d.service"
    old, new = (Copy(stamp="", mtime=0, access="", text=text) for text in (files, later))
    found = differences({"units": old}, {"units": Seen(new, NOW, NOW)})
    assert sorted(one.text for one in found) == [
        "a.service removed",
        "b.service changed",
        "c.service changed",
        "d.service added",
    ]


def test_what_is_the_same_by_its_digest_is_no_change_however_it_was_masked() -> None:
    once = Copy(stamp="", mtime=0, access="", digest="ab", text="authorization=********mysql")
    twice = replace(once, text="authorization=********")
    assert differences({"exim": twice}, {"exim": Seen(once, NOW, NOW)}) == []
    other = replace(once, digest="ac")
    assert len(differences({"exim": twice}, {"exim": Seen(other, NOW, NOW)})) == 1
