"""The logs of a host, written as its programs write them, in files of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from checks.facts import LogFacts
from checks.hosts.local import LocalLogin
from checks.model import Host, Result, State, Target
from checks.resolver import Resolver
from checks.server import _log_look, logs
from checks.server.logs import Options

QUOTA = (
    "mail1 dovecot: lmtp(eva@lab.test)<760><4MPp>: msgid=<1@jump.lab.test>: save failed to INBOX: "
    "Quota exceeded (mailbox for user is full)"
)
FATAL = "mail1 postfix/smtpd[2392]: fatal: in parameter smtpd_relay_restrictions, specify at least"
BOUNCED = (
    "mail1 postfix/lmtp[759]: 613AC53: to=<eva@lab.test>, relay=mail1.lab.test[private/lmtp], "
    "delay=0.01, dsn=5.2.2, status=bounced (host mail1.lab.test[private/lmtp] said: 552 5.2.2 "
    "<eva@lab.test> Quota exceeded (mailbox for user is full))"
)
FROM = "mail1 postfix/qmgr[5]: 613AC53: from=<ana@lab.test>, size=1, nrcpt=1 (queue active)"
LOGIN = "mail1 dovecot: imap-login: Login: user=<ben@lab.test>, method=PLAIN, rip=::1, lip=::1"
LOCKED = (
    "mail1 dovecot: imap-login: Disconnected: Connection closed (internal failure, 1 successful "
    "auths): user=<ben@lab.test>, method=PLAIN, rip=::1, lip=::1, TLS, session=<8lkuWQphSM79>"
)


class Log:
    """A log file, and how the check sees it."""

    def __init__(self, path: Path, target: Target) -> None:
        self.path = path
        self.target = target

    def say(self, *messages: str, ago: float = 10.0) -> None:
        at = datetime.now(UTC) - timedelta(seconds=ago)
        with self.path.open("a") as file:
            file.writelines(f"{at.isoformat()} {message}\n" for message in messages)

    async def look(self) -> Result:
        return await logs.check(self.target, Options(), deadline=30)


@pytest.fixture
def log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Log]:
    """The only log of a machine without a journal."""
    tools = tmp_path / "tools"
    tools.mkdir()
    tool = tools / "journalctl"
    tool.write_text("#!/bin/sh\necho 'No journal files were found.' >&2\nexit 1\n")
    tool.chmod(0o755)
    path = tmp_path / "mail.log"
    monkeypatch.setattr(_log_look, "SYSLOG_FILES", (str(path),))
    monkeypatch.setattr(_log_look, "OWN_FILES", ())
    login = LocalLogin({"PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin"})
    host = Host(name=request.node.name, address="::1", login=login, services=("smtp",))
    yield Log(path, Target(name=host.name, about="logs", resolver=Resolver(), host=host))
    logs.forget(f"logs/{host.name}")


def facts(result: Result) -> LogFacts:
    assert isinstance(result.facts, LogFacts), result.summary
    return result.facts


async def test_a_full_mailbox_is_named(log: Log) -> None:
    log.say(QUOTA)
    result = await log.look()
    assert result.state == State.WARNING
    assert "log.dovecot.over-quota" in result.codes
    assert "eva@lab.test" in result.summary
    assert facts(result).kinds[0].users[0].text == "eva@lab.test"


async def test_one_line_is_no_verdict_and_several_are(log: Log) -> None:
    log.say(FATAL)
    result = await log.look()
    assert (result.state, result.codes) == (State.OK, ("log.postfix.fatal",))
    log.say(FATAL, ago=1)
    assert (await log.look()).state == State.CRITICAL


async def test_old_trouble_is_told_and_accuses_nobody_any_more(log: Log) -> None:
    log.say(*[FATAL] * 9, ago=600)
    result = await log.look()
    assert (result.state, result.codes) == (State.OK, ())
    assert facts(result).kinds[0].count == 9


async def test_a_refused_login_is_over_when_the_same_user_comes_in_by_the_same_service(
    log: Log,
) -> None:
    log.say(LOCKED, LOCKED.replace("ben", "eva"), ago=210)
    log.say(LOGIN.replace("imap", "pop3"), LOGIN.replace("ben", "ana"), ago=100)
    both = await log.look()
    assert both.state == State.WARNING
    assert "ben@lab.test, eva@lab.test (2 times, last 3m " in both.summary
    log.say(LOGIN)
    assert ": eva@lab.test (last 3m " in (await log.look()).summary
    log.say(LOGIN.replace("ben", "Eva"))
    result = await log.look()
    assert (result.state, facts(result).kinds[0].count) == (State.OK, 2)
    log.say(LOCKED, ago=5)
    result = await log.look()
    assert result.summary.endswith(": ben@lab.test")
    assert facts(result).kinds[0].first == facts(result).kinds[0].last


async def test_who_was_hit_long_ago_is_not_named_with_who_is_hit_now(log: Log) -> None:
    log.say(QUOTA, ago=1000)
    log.say(QUOTA.replace("eva", "ben"))
    assert ": ben@lab.test" in (await log.look()).summary


async def test_many_of_one_domain_are_named_by_it(log: Log) -> None:
    log.say(*(QUOTA.replace("eva", f"user{n}") for n in range(4)))
    assert ": many at lab.test (4 times)" in (await log.look()).summary
    log.say(QUOTA.replace("lab.test", "dept.test", 1))
    assert ": user0@lab.test, user1@lab.test, " in (await log.look()).summary


async def test_lines_older_than_the_window_are_not_read(log: Log) -> None:
    log.say(*[QUOTA] * 5, ago=4000)
    log.say(LOGIN)
    seen = facts(await log.look())
    assert seen.kinds == ()
    assert seen.last_login is not None


async def test_what_was_read_is_not_read_again(log: Log) -> None:
    log.say(QUOTA)
    await log.look()
    seen = facts(await log.look())
    assert (seen.kinds[0].count, seen.lines) == (1, 1)


async def test_a_rotated_log_is_read_to_its_end(log: Log) -> None:
    log.say(QUOTA)
    await log.look()
    log.say(QUOTA)
    log.path.rename(log.path.with_name("mail.log.1"))
    log.say(QUOTA)
    assert facts(await log.look()).kinds[0].count == 3


async def test_a_truncated_log_is_read_from_its_beginning(log: Log) -> None:
    log.say(*[QUOTA] * 3)
    await log.look()
    log.path.write_text("")
    log.say(QUOTA)
    assert facts(await log.look()).kinds[0].count == 4


async def test_junk_a_line_of_10_mb_and_a_clock_that_jumps_hide_nothing(log: Log) -> None:
    log.say(QUOTA, ago=20)
    with log.path.open("ab") as file:
        file.write(bytes(range(256)) * 40 + b"\x1b]0;pwned\x07\n")
        file.write(b"x" * 10_000_000 + b"\n")
    log.say(QUOTA, ago=-3600)
    log.say(QUOTA)
    result = await log.look()
    assert "log.dovecot.over-quota" in result.codes
    assert facts(result).kinds[0].count >= 2
    assert "\x1b" not in repr(facts(result))
    assert len(repr(facts(result))) < 100_000


async def test_lost_mail_has_its_sender_and_reason(log: Log) -> None:
    log.say(FROM, BOUNCED)
    seen = facts(await log.look())
    (lost,) = seen.lost
    assert (lost.sender, lost.recipient, lost.queue_id) == (
        "ana@lab.test",
        "eva@lab.test",
        "613AC53",
    )
    assert "5.2.2" in lost.reason


async def test_only_the_end_of_a_large_log_is_read(log: Log) -> None:
    old = f"{(datetime.now(UTC) - timedelta(days=1)).isoformat()} {QUOTA}\n"
    log.path.write_text(old * 200_000)
    log.say(QUOTA)
    seen = facts(await log.look())
    assert seen.lines < 1000  # the last block of the bisection
    assert seen.kinds[0].count == 1


async def test_no_log_at_all_is_unknown(log: Log) -> None:
    result = await log.look()
    assert (result.state, result.codes) == (State.UNKNOWN, ("log.none",))


async def test_an_unknown_complaint_is_grouped_by_its_shape(log: Log) -> None:
    log.say("mail1 greyd[1]: error: no peace for 3 minutes", ago=30)
    log.say("mail1 greyd[1]: error: no peace for 4 minutes")
    (shape,) = facts(await log.look()).shapes
    assert (shape.count, shape.text, shape.code) == (2, "error: no peace for # minutes", "")


async def test_a_refused_login_and_discarded_mail_are_no_signs_of_life(log: Log) -> None:
    log.say(
        "mail1 postfix/smtpd[1]: warning: x[::1]: SASL PLAIN authentication failed: "
        "(reason unavailable), sasl_username=ana@lab.test",
        "mail1 postfix/discard[2]: 76FBD26: to=<a@lab.test>, relay=none, delay=0.1, "
        "dsn=2.0.0, status=sent (thrown away by rule)",
    )
    seen = facts(await log.look())
    assert (seen.last_login, seen.last_delivery, seen.lost_count) == (None, None, 1)


async def test_a_host_whose_grep_does_not_work_is_not_taken_for_a_quiet_one(log: Log) -> None:
    broken = log.path.parent / "tools" / "grep"
    broken.write_text("#!/bin/sh\necho 'grep: not in here' >&2\nexit 2\n")
    broken.chmod(0o755)
    log.say(QUOTA)
    result = await log.look()
    assert result.state == State.UNKNOWN
    assert "grep: not in here" in result.summary


async def test_clients_of_unknown_name_take_no_room_from_trouble(log: Log) -> None:
    log.say(QUOTA, *["mail1 postfix/smtpd[1]: connect from unknown[192.0.2.1]"] * 9000)
    seen = facts(await log.look())
    assert (seen.lines, seen.kinds[0].count, seen.cut) == (9001, 1, "")


async def test_a_journal_without_an_entry_does_not_hide_the_files(log: Log) -> None:
    """As of systemd 252 where journald does not run: no word, no error."""
    (log.path.parent / "tools" / "journalctl").write_text("#!/bin/sh\nexit 0\n")
    log.say(QUOTA)
    assert facts(await log.look()).sources == (str(log.path),)
