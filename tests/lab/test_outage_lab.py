"""The outage lab: hosts that are hosts, and nothing left of them."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import packages, score
from tests.lab.fault import faults
from tests.lab.lab import Lab
from tests.lab.place import REPOSITORY, Place, here
from tests.lab.selftest import selftest
from tests.noticing import tell_from_first_to_last
from tests.terminal import Terminal

pytestmark = [
    pytest.mark.real,
    pytest.mark.xdist_group("outage-lab"),
    pytest.mark.timeout(300),
]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A lab of the test's own, also beside one that somebody works in."""
    if os.geteuid() != 0:
        pytest.skip("the lab needs root")
    if absent := packages.missing():
        pytest.skip(f"not installed: {', '.join(absent)}")
    monkeypatch.setenv("MAILMEDIC_LAB", f"t{random.randrange(16**6):06x}")
    place = here()
    yield place
    Lab(place).down()
    place.lock.unlink(missing_ok=True)


def command(*words: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "tests.lab", *words]
    return subprocess.Popen(
        argv, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def mentions(place: Place) -> list[str]:
    """Command lines with the lab's name in them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if place.name in line:
            found.append(line)
    return found


def test_a_host_is_a_host_with_its_own_systemd_journal_and_services(place: Place) -> None:
    lab = Lab(place, ["jump", "ns1", "mail1"])
    lab.up()
    mail1, jump = lab.machines["mail1"], lab.machines["jump"]
    assert mail1.run("hostname; cat /proc/1/comm").split() == ["mail1", "systemd"]
    assert "daemon started" in mail1.run("journalctl -u postfix@- --no-pager")
    assert jump.attempt("systemctl is-active postfix")[1].strip() == "inactive"
    assert "10 mail1.lab.test." in jump.run("dig +short MX lab.test")
    assert jump.run("su oper -c 'ssh mail1 hostname'").strip() == "mail1"
    for address in ("10.77.0.11", "fd77::11"):
        told = jump.run(f"swaks -s {address} -t ana@lab.test -f x@out.test")
        assert "250 2.0.0 Ok: queued" in told
    lab.down()
    assert lab.left() == []
    assert mentions(place) == []


def test_a_notice_gets_out_while_everything_but_the_jump_box_is_down(place: Place) -> None:
    lab = Lab(place, ["jump", "ext"])
    lab.up()
    jump, ext = lab.machines["jump"], lab.machines["ext"]
    told = jump.run("su - oper -c 'mailmedic notify --test outside'")
    assert "outside: accepted, team@out.test, 250 2.0.0 Ok: queued as " in told
    # Postfix has queued it; the mailbox has it as soon as its delivery agent has run.
    mail = "for n in $(seq 100); do cat /var/vmail/all/new/* && exit; sleep 0.1; done 2>/dev/null"
    assert "Subject: [TEST] mailmedic: the route outside" in ext.run(mail)

    su = ["env", "TERM=xterm-256color", "su", "-", "oper", "--session-command"]
    argv = [*jump.enter(), *su, "LC_ALL=C.UTF-8 mailmedic"]
    console = Terminal(argv, 160, 42)
    try:
        console.wait_for("Lab mail")
        console.press("i")
        console.wait_for("Open an incident")
        console.press("\r")
        console.wait_for("─ Incident 20")
        tell_from_first_to_last(console, "✓ outside", "Notice: 4 accepted")
    finally:
        console.close()
    printed = " ".join(jump.run("su - oper -c 'mailmedic incident print'").split())
    accepted = r"outside: accepted, team@out\.test, 250 2\.0\.0 Ok: queued as (\w+)"
    assert len(set(re.findall(accepted, printed))) == 12
    assert printed.count("jump-box: accepted") >= 4
    for audience in ("it", "management", "users"):
        assert f"resolved notice to {audience}: " in printed
    lab.down()


def test_an_up_that_was_killed_half_way_leaves_nothing_after_down(place: Place) -> None:
    reached = set()
    for instant in (0.3, 0.8, 1.5, 3.0, 6.0):
        building = command("up")
        time.sleep(instant * random.uniform(0.7, 1.3))
        reached.add(len(Lab(place).left()) > 0)
        building.kill()
        building.communicate()
        ending = command("down")
        told, _ = ending.communicate(timeout=60)
        assert (ending.returncode, "nothing is left" in told) == (0, True), told
        assert Lab(place).left() == []
        assert mentions(place) == []
        assert not place.lock.exists()
    assert True in reached, "killed before there was anything"


def test_the_whole_lab_is_healthy_and_eight_faults_are_felt_and_healed(
    place: Place, capfd: pytest.CaptureFixture[str]
) -> None:
    lab = Lab(place)
    lab.up()
    assert score.sweep(lab).verdict == "healthy"
    smoke = [fault for fault in faults().values() if fault.is_smoke]
    assert selftest(lab, smoke) == [], capfd.readouterr().out
    lab.down()
    assert lab.left() == []
