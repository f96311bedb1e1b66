from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.command.line import is_grave, parse, remarks


@given(st.lists(st.text(min_size=1), min_size=1))
def test_what_is_shown_is_what_was_typed(words: list[str]) -> None:
    assert parse(shlex.join(words)) == tuple(words)


@pytest.mark.parametrize(
    ("line", "reason"),
    [("", "no command"), ("''", "no command"), ("echo 'x", "quote"), ("echo x\\", "escape")],
)
def test_a_line_that_is_none_says_why(line: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse(line)


@pytest.mark.parametrize(
    "line",
    [
        "rm -rf /var/spool/postfix",
        "sudo systemctl restart postfix",
        "service dovecot stop",
        "sh -c 'cd /tmp; rm x'",
        "postsuper -d ALL",
        "find /var/mail -name x -delete",
        "/sbin/mkfs.ext4 /dev/sdb",
        "exim -Mrm 1abc",
        "doveadm expunge -u ana mailbox INBOX all",
        "kill -9 812",
    ],
)
def test_what_can_destroy_or_stop_something_is_grave(line: str) -> None:
    assert is_grave(parse(line))


@pytest.mark.parametrize(
    "line",
    ["postqueue -p", "systemctl status postfix", "postfix reload", "df -h", "tail /var/log/rm.log"],
)
def test_what_only_looks_is_not(line: str) -> None:
    assert not is_grave(parse(line))


def test_what_was_meant_for_a_shell_is_named() -> None:
    (said,) = remarks(parse("ls /etc | wc -l"))
    assert "no shell reads this line" in said
    assert "'|'" in said
    assert not remarks(parse("sh -c 'ls /etc | wc -l'"))
    assert not remarks(parse("postconf -e myhostname=mx"))


def test_a_secret_in_the_line_is_warned_of() -> None:
    (said,) = remarks(parse("doveadm auth test ana password=hunter2"))
    assert "holds a secret" in said
    assert "hunter2" not in said
