from __future__ import annotations

import pytest

from checks.hosts import Output
from checks.queue._blind import FINDINGS, Blind, why_blind
from checks.queue._listing import Listing
from checks.queue._tally import Tally


def blind(status: int, stderr: bytes = b"", config: str = "") -> Blind | None:
    return why_blind(Listing(Tally(), Output(status, b"", stderr)), config)


def test_an_empty_queue_is_not_blind() -> None:
    assert blind(0) is None
    assert blind(0, b"postqueue: warning: Mail system is down -- accessing queue directly") is None


# As Postfix 3.7.11 words them.
@pytest.mark.parametrize(
    ("status", "stderr", "code", "summary", "mend"),
    [
        (
            69,
            b"postqueue: fatal: User nobody(65534) is not allowed to view the mail queue\n",
            "not-allowed",
            "Postfix does not let nobody see the queue",
            'sudo postconf -e "authorized_mailq_users = nobody,'
            ' $(postconf -h authorized_mailq_users)"',
        ),
        (
            69,
            b"postqueue: fatal: Queue report unavailable - mail system is down"
            b" (Connect to the Postfix showq service: Connection refused)\n",
            "mail-system-down",
            "Postfix is down, and then shows its queue to root only",
            "sudo postfix start",
        ),
        (
            69,
            b"postqueue: warning: Mail system is down -- accessing queue directly (Connect to the"
            b" Postfix showq service: No such file or directory)\n"
            b"postqueue: fatal: malformed showq server response\n",
            "mail-system-down",
            "Postfix is down, and its queue can't be read from the files either:"
            " malformed showq server response",
            "sudo postfix start",
        ),
        (
            69,
            b"postqueue: fatal: /etc/postfix/main.cf, line 27: missing '=' after attribute name\n",
            "failed",
            "postqueue failed with 69: /etc/postfix/main.cf, line 27:"
            " missing '=' after attribute name",
            "",
        ),
        (127, b"sh: postqueue: not found\n", "missing", "postqueue is not there", ""),
        (126, b"sh: postqueue: Permission denied", "missing", "postqueue may not be started", ""),
        (
            1,
            b"postqueue: invalid option -- 'j'\npostqueue: fatal: usage: postqueue -f\n",
            "too-old",
            "postqueue knows no -j: this Postfix is older than 3.1",
            "",
        ),
        (137, b"", "failed", "postqueue failed with 137: it does not say why", ""),
        (1, b"\x1b[2Jboo", "failed", "postqueue failed with 1: ^[[2Jboo", ""),
    ],
)
def test_each_way_of_not_seeing_is_told_with_its_mend(
    status: int, stderr: bytes, code: str, summary: str, mend: str
) -> None:
    assert blind(status, stderr) == Blind(f"queue.blind.{code}", summary, mend)
    assert f"queue.blind.{code}" in FINDINGS


def test_the_mend_is_for_the_instance_that_was_asked_and_safe_to_paste() -> None:
    told = b"postqueue: fatal: User ana(1000) is not allowed to view the mail queue"
    found = blind(69, told, "/etc/post fix;reboot")
    assert found is not None
    assert found.mend.startswith("sudo postconf -c '/etc/post fix;reboot' -e ")
    told = b"User $(reboot)(1000) is not allowed to view the mail queue"
    found = blind(69, told)
    assert found is not None
    assert found.mend == ""


def test_junk_instead_of_messages_is_not_an_empty_queue() -> None:
    found = why_blind(Listing(Tally(), Output(0, b""), unreadable=1))
    assert found is not None
    assert found.code == "queue.blind.unreadable"
