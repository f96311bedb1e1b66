"""What a host's settings are called, so that a difference has a name."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.drift._compare import KINDS, Seen, _manual, differences
from checks.drift._copy import Copy
from checks.drift._named import REST, held, named, text_of

NFT = """\
table inet fault {
\tset f2b-sshd {
\t\ttype ipv4_addr
\t}
\tchain input {
\t\ttype filter hook input priority filter; policy accept;
\t\ttcp dport { 465, 587 } reject with tcp reset
\t}
}"""
"""nft 1.0.6, ``nft -s -t list ruleset``."""

DOVECONF = """\
# 2.3.19.1 (9b53102964): /etc/dovecot/dovecot.conf
passdb {
  args = /etc/dovecot/users
  driver = passwd-file
}
protocols = imap pop3
service imap-login {
  inet_listener imaps {
    port = 993
    ssl = yes
  }
  process_limit = 100
}
ssl_key = # hidden, use -P to show it"""
"""doveconf 2.3.19."""


def test_a_firewall_rule_is_named_with_table_and_chain_and_what_fail2ban_writes_is_none() -> None:
    assert list(named("firewall", NFT)) == [
        "inet fault / input / type filter hook input priority filter; policy accept;",
        "inet fault / input / tcp dport { 465, 587 } reject with tcp reset",
    ]


@pytest.mark.real
@pytest.mark.skipif(shutil.which("postconf") is None, reason="no Postfix here")
def test_every_parameter_that_the_manual_is_told_of_exists() -> None:
    known = subprocess.run(["postconf", "-d"], capture_output=True, text=True, check=True).stdout
    names = {line.partition(" =")[0] for line in known.split("\n")}
    assert not set(_manual()["postfix"]) - names


def test_a_parameter_is_told_with_what_it_does() -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    for section, before, after, about in (
        ("postfix", "relayhost = a", "relayhost = b", "where all mail for elsewhere goes"),
        ("master", "smtp inet - smtpd\n -o mynetworks=", "smtp inet - smtpd", "may relay"),
        ("dovecot", "service a {\nprocess_limit = 1\n}", "", "logins wait"),
    ):
        was, now = (Copy(stamp="", mtime=0, access="", text=text) for text in (before, after))
        (change,) = differences({section: was}, {section: Seen(now, at, at)})
        assert about in change.about


def test_a_new_table_is_called_by_its_first_rule_of_its_own() -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    empty, full = (
        Copy(stamp="", mtime=0, access="", digest=text[:1], text=text) for text in ("", NFT)
    )
    (change,) = differences({"firewall": empty}, {"firewall": Seen(full, at, at)})
    assert change.what == "+ tcp dport { 465, 587 } reject with tcp reset and 1 more"


IPTABLES = """\
*filter
:INPUT ACCEPT
-A INPUT -p tcp --dport 25 -j ACCEPT
-A INPUT -j DROP
COMMIT
*nat
:PREROUTING ACCEPT
COMMIT"""


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (
            "chain input {\ntcp dport 25 accept\ndrop\n}",
            "chain input {\ndrop\ntcp dport 25 accept\n}",
            ["drop, in another order"],
        ),
        (IPTABLES, "\n".join([*IPTABLES.split("\n")[5:], *IPTABLES.split("\n")[:5]]), []),
        ("a\nb\nc", "c\na\n%unseen the rest: more than 9 bytes", []),
    ],
)
def test_rules_in_another_order_are_a_change_and_tables_are_none(
    before: str, after: str, what: list[str]
) -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    was, now = (Copy(stamp="", mtime=0, access="", text=text) for text in (before, after))
    found = differences({"firewall": was}, {"firewall": Seen(now, at, at)})
    assert [one.what for one in found] == what
    assert all(one.diff for one in found)


def test_what_is_cut_off_has_not_gone() -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    lines = [f"p{number} 1 ii " for number in range(6)]
    whole, cut = (
        Copy(stamp="", mtime=0, access="", text=text)
        for text in (
            "\n".join(lines),
            "\n".join(["p0 2 ii ", *lines[1:3], f"{REST}more than 9 bytes"]),
        )
    )
    for before, after in ((whole, cut), (cut, whole)):
        found = differences({"packages": before}, {"packages": Seen(after, at, at)})
        assert [one.what for one in found] == ["p0"]


@pytest.mark.parametrize("hold", ["p4 1 hi ", "p4 * h-"])
def test_a_hold_behind_what_is_cut_off_is_neither_lifted_nor_new(hold: str) -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    lines = [f"p{number} 1 ii " for number in range(4)]
    whole, cut = (
        Copy(stamp="", mtime=0, access="", text="\n".join(some))
        for some in (
            [*lines, hold],
            ["p0 1 hi ", *lines[1:3], f"{REST}more than 9 bytes"],
        )
    )
    for before, after, new in ((whole, cut, "on hold"), (cut, whole, "no longer on hold")):
        found = differences({"packages": before}, {"packages": Seen(after, at, at)})
        assert [(one.kind, one.what, one.new) for one in found] == [("hold", "p0", new)]


def test_dovecots_settings_are_named_with_the_blocks_that_they_stand_in() -> None:
    found = named("dovecot", text_of(DOVECONF.split("\n")))
    assert found["service imap-login / inet_listener imaps / port"] == "993"
    assert found["service imap-login / process_limit"] == "100"
    assert found["protocols"] == "imap pop3"


def test_a_secret_is_masked_before_anything_is_kept() -> None:
    text = text_of(["# OS: Linux", "auth_bind = yes", "ldap_bind_password = hunter2"])
    assert "hunter2" not in text
    assert "Linux" not in text
    assert named("postfix", text)["auth_bind"] == "yes"


def test_what_is_held_is_told_from_what_is_installed() -> None:
    text = "postfix 3.7.11 hi \nlibc6:amd64 2.36 ii \nnano 7.2 rc "
    assert held(text) == {"postfix"}
    assert set(named("packages", text)) == {"postfix", "libc6:amd64"}


@pytest.mark.parametrize("section", KINDS)
@given(text=st.text(alphabet="ab=/{}-> \n\t*f2b:.#o", max_size=200))
def test_any_text_has_names(section: str, text: str) -> None:
    for name, value in named(section, text).items():
        assert isinstance(name, str)
        assert isinstance(value, str)
