"""What dpkg's, apt's, rpm's and sudo's own words tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from checks.drift._answer import Answer
from checks.drift._compare import merged
from checks.drift._history import attributed, events
from checks.facts import Change

NOW = datetime(2026, 11, 23, 3, 10, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=3)

DPKG = """\
2026-11-22 18:00:01 install bind9:amd64 <none> 1:9.18.28-1~deb12u2
2026-11-23 02:58:10 upgrade postfix:amd64 3.7.10-0+deb12u1 3.7.11-0+deb12u1
2026-11-23 02:58:11 upgrade tzdata:all 2025b-0+deb12u2 2026f-0+deb12u1
2026-11-23 02:58:12 upgrade fish:amd64 3.6.0-3.1 3.6.0-3.2
2026-11-23 03:01:30 remove dovecot-pop3d:amd64 1:2.3.19.1-2 <none>
2026-11-23 03:01:31 purge dovecot-pop3d:amd64 1:2.3.19.1-2 <none>"""
"""dpkg 1.21, without its status lines."""

APT = """\
Start-Date: 2026-11-23  02:58:05
Commandline: apt-get upgrade -y
Requested-By: ana (1000)
Upgrade: postfix:amd64 (3.7.10-0+deb12u1, 3.7.11-0+deb12u1)
End-Date: 2026-11-23  02:58:20
"""
"""apt 2.6."""

SESSIONS = """\
2026-11-23T03:00:02+0000 mail1 sshd[811]: Accepted publickey for root from 192.0.2.7 port 50022 ssh2
2026-11-23T03:00:09+0000 mail1 sshd[812]: Accepted publickey for oper from 10.77.0.9 port 502 ssh2
2026-11-23T03:01:00+0000 mail1 sudo[900]:      ana : TTY=pts/0 ; PWD=/root ; USER=root ; \
COMMAND=/usr/sbin/nft add rule inet filter input tcp dport 587 drop
2026-11-23T03:02:00+0000 mail1 sudo[901]:     oper : PWD=/ ; USER=root ; \
COMMAND=/usr/sbin/postqueue -j
2026-11-23T03:03:00+0000 mail1 sudo[902]:      bob : command not allowed ; TTY=pts/0 ; PWD=/ ; \
USER=root ; COMMAND=/bin/sh
Nov 23 03:04:00 mail1 sudo:      ana : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/bin/vi x"""
"""``journalctl -o short-iso``, and a line as rsyslog writes it."""


def told(zone: timezone = UTC, since: datetime = LONG_AGO, **logs: str) -> list[Change]:
    answer = Answer(now=NOW, zone=zone, booted=LONG_AGO, user="oper", sections={})
    lines = {name.replace("_", "-"): text.split("\n") for name, text in logs.items()}
    return events(answer, lines, since + timedelta(seconds=1))


def test_an_upgrade_has_both_versions_its_time_and_who_asked_apt_for_it() -> None:
    found = {one.what: one for one in told(dpkg_log=DPKG, apt_log=APT)}
    postfix = found["postfix"]
    assert postfix.text == "postfix 3.7.10-0+deb12u1 → 3.7.11-0+deb12u1"
    assert (postfix.who, postfix.how) == ("ana", "apt-get upgrade -y")
    assert postfix.at == datetime(2026, 11, 23, 2, 58, 10, tzinfo=UTC)
    assert found["bind9"].how == "dpkg"
    assert found["dovecot-pop3d"].text == "dovecot-pop3d 1:2.3.19.1-2 removed"


def test_packages_that_mail_does_not_need_are_one_change() -> None:
    (others,) = [one for one in told(dpkg_log=DPKG, apt_log=APT) if "other" in one.what]
    assert others.what == "2 other packages"
    assert [line.partition(" ")[0] for line in others.diff] == ["tzdata", "fish"]


def test_an_upgrade_of_the_whole_system_is_one_change_named_by_what_matters() -> None:
    names = ("tzdata", "postfix", "dovecot-core", "libssl3", "exim4-base", "fish")
    log = "\n".join(f"2026-11-23 02:58:1{n} upgrade {name}:all 1 2" for n, name in enumerate(names))
    (upgrade,) = told(dpkg_log=log, apt_log=APT)
    assert upgrade.text == "postfix, dovecot-core, exim4-base and 3 more packages"  # mail first
    assert upgrade.diff[-1] == "fish 1 → 2"
    assert upgrade.who == "ana"


def test_dpkg_writes_in_the_hosts_own_zone() -> None:
    zone = timezone(timedelta(hours=1))
    found = {one.what: one for one in told(zone, dpkg_log=DPKG)}
    assert found["postfix"].at == datetime(2026, 11, 23, 1, 58, 10, tzinfo=UTC)


def test_only_the_time_asked_for_counts_and_the_latest_stands_first() -> None:
    found = told(since=NOW - timedelta(minutes=20), dpkg_log=DPKG)
    assert [one.what for one in found] == ["dovecot-pop3d", "2 other packages", "postfix"]


def test_sudo_and_logins_are_told_but_for_our_own_and_what_only_looks() -> None:
    assert [(one.kind, one.who, one.what) for one in told(sessions=SESSIONS)] == [
        ("sudo", "ana", "/usr/bin/vi x"),
        ("sudo", "ana", "/usr/sbin/nft add rule inet filter input tcp dport 587 drop"),
        ("login", "root", "ssh from 192.0.2.7"),
    ]


def test_a_restart_is_told() -> None:
    answer = Answer(now=NOW, zone=UTC, booted=NOW - timedelta(hours=1), user="", sections={})
    assert [one.kind for one in events(answer, {}, LONG_AGO)] == ["reboot"]


def test_who_alone_had_root_just_before_is_named() -> None:
    sessions = told(sessions=SESSIONS)
    at = datetime(2026, 11, 23, 3, 4, 2, tzinfo=UTC)
    rule = Change("firewall", "+ drop", at, at - timedelta(minutes=1))
    (named,) = attributed([rule], [one for one in sessions if one.kind == "sudo"])
    assert named.who == "ana"
    (unknown,) = attributed([rule], sessions)  # root had a session too
    assert unknown.who == ""


def test_rpm_tells_the_time_and_the_baseline_the_version_before() -> None:
    # rpm -qa --qf '%{INSTALLTIME} %{NAME}.%{ARCH} %{EPOCHNUM}:%{VERSION}-%{RELEASE}\n'
    # in the form that rpm 4.16 (AlmaLinux 9) prints; there is no rpm here.
    found = told(rpm_log="1795402690 postfix.x86_64 2:3.5.25-1.el9\n1700000000 bash.x86_64 0:5.1-9")
    differing = [Change("package", "postfix.x86_64", NOW, LONG_AGO, "2:3.5.9-24.el9", "x")]
    (one,) = merged(differing, found)
    assert one.text == "postfix.x86_64 2:3.5.9-24.el9 → 2:3.5.25-1.el9"
    assert one.at == datetime.fromtimestamp(1795402690, UTC)


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300))
def test_any_log_is_borne(dpkg: str, apt: str, sessions: str) -> None:
    for one in told(dpkg_log=dpkg, apt_log=apt, sessions=sessions, rpm_log=dpkg):
        assert one.what.isprintable()


def test_a_line_that_somebody_planted_in_syslog_takes_no_time() -> None:
    planted = "Nov 23 03:00:00 mail1 sudo: x : PWD= ; " + "USER=a ; " * 20_000 + "COMMAND="
    assert told(sessions=planted) == []
