from __future__ import annotations

from datetime import UTC, datetime, timedelta

from checks.facts import LogFacts, LogKind, LogShape, LostMail, Reason
from widgets.log_rows import LOST, log_rows
from widgets.text import Row

AT = datetime(2026, 11, 23, 3, 10, tzinfo=UTC)
USERS = tuple(Reason(f"u{number}@lab.test", 9) for number in range(5))
KIND = LogKind("log.dovecot.over-quota", "a mailbox is full", 45, 3, AT, AT, users=USERS)
LOST_ONE = LostMail(AT, "eva@lab.test", "", "613AC53", "552 5.2.2 Quota exceeded")


def plain(rows: list[Row]) -> list[str]:
    return ["".join(span.text for span in one).rstrip() for one in rows]


def test_known_trouble_lost_mail_and_what_began_last_stand_below_each_other() -> None:
    facts = LogFacts(
        since=AT - timedelta(hours=1),
        until=AT,
        sources=("journal",),
        lines=1234,
        kinds=(KIND,),
        shapes=(LogShape("postfix/smtpd", "error: no peace", 7, AT, AT),),
        lost=(LOST_ONE,) * 30,
        lost_count=45,
        last_login=AT,
        cut="5 MB were not looked at",
    )
    shown = plain(log_rows(facts))
    assert shown[:3] == [
        "LOG since 02:10:00Z  1,234 lines of journal; last login 03:10:00Z",
        "  5 MB were not looked at",
        "     45  03:10:00Z–03:10:00Z  a mailbox is full  "
        "u0@lab.test (9), u1@lab.test (9), u2@lab.test (9) and 2 more",
    ]
    assert shown[3] == "LOST MAIL 45"
    assert shown[4].startswith("  03:10:00Z  ? → eva@lab.test  613AC53  552 5.2.2")
    assert len(shown) == 4 + LOST + 2
    assert shown[-1].endswith("postfix/smtpd  error: no peace")


def test_a_quiet_log_is_one_line() -> None:
    assert len(log_rows(LogFacts(since=AT, until=AT, sources=("journal",)))) == 1
