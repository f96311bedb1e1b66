from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import pytest

from checks.diagnosis.verdict import judge
from checks.facts import Alert
from checks.model import Severity, State
from tests.boards import ONSET, board
from tests.monitors import with_monitor

OK, WARNING, CRITICAL, UNKNOWN = State.OK, State.WARNING, State.CRITICAL, State.UNKNOWN

ALL = {"smtp/mail1:25": OK, "submission/mail1:587": OK, "imap/mail1:143": OK}

Case: TypeAlias = tuple[Mapping[str, State | None], str, Severity | None, str, str]

CASES: dict[str, Case] = {
    "everything answers": (ALL, "healthy", None, "none", "every service answers"),
    "port 25 refused, mailboxes work": (
        {**ALL, "smtp/mail1:25": CRITICAL},
        "outage",
        Severity.SEV1,
        "all-users",
        "nobody can receive mail from outside",
    ),
    "everything refused": (
        dict.fromkeys(ALL, CRITICAL),
        "outage",
        Severity.SEV1,
        "all-users",
        "nobody can send, receive or read mail",
    ),
    "submission refused, smtps works": (
        {**ALL, "smtps/mail1:465": OK, "submission/mail1:587": CRITICAL},
        "outage",
        Severity.SEV2,
        "one-service",
        "submission is down on mail1",
    ),
    "one of two hosts down": (
        {"smtp/mail1:25": CRITICAL, "smtp/mail2:25": OK},
        "degraded",
        Severity.SEV3,
        "one-host",
        "smtp is down on mail1; mail comes in by another way",
    ),
    "a warning alone": (
        {**ALL, "disks/mail1": WARNING},
        "degraded",
        Severity.SEV4,
        "none",
        "disks/mail1: refused",
    ),
    "a server check critical, mail flows": (
        {**ALL, "disks/mail1": CRITICAL},
        "degraded",
        Severity.SEV3,
        "none",
        "disks/mail1: refused",
    ),
    "a service that nobody could look at": (
        {**ALL, "imap/mail1:143": UNKNOWN},
        "unknown",
        None,
        "none",
        "could not look at imap",
    ),
    "a queue that is blind leaves mail healthy": (
        {**ALL, "queue/mail1": UNKNOWN},
        "healthy",
        None,
        "none",
        "every service answers; queue/mail1 could not look",
    ),
    "a host that lets nobody in": (
        {**ALL, "queue/mail1": UNKNOWN, "logs/mail1": UNKNOWN, "disks/mail1": UNKNOWN},
        "healthy",
        None,
        "none",
        "every service answers; 3 checks of mail1 could not look",
    ),
    "many hosts that let nobody in": (
        {**ALL, **{f"disks/{name}": UNKNOWN for name in ("mail1", "mail2", "ns1", "gw")}},
        "healthy",
        None,
        "none",
        "every service answers; 4 checks could not look",
    ),
    "a host that drops ICMP and serves": (
        {**ALL, "ping/mail1": WARNING},
        "healthy",
        None,
        "none",
        "every service answers",
    ),
    "a host that drops ICMP, and nothing shows that it lives": (
        {**ALL, "ping/gw": WARNING},
        "degraded",
        Severity.SEV4,
        "none",
        "ping/gw: refused",
    ),
    "nothing asked yet": (
        dict.fromkeys(ALL),
        "unknown",
        None,
        "none",
        "looking for the first time",
    ),
    "no services at all": ({}, "unknown", None, "none", "no mail service to look at"),
}


@pytest.mark.parametrize("case", CASES)
def test_verdict(case: str) -> None:
    states, verdict, severity, scope, summary = CASES[case]
    judged = judge(board(dict(states), summary="refused"))
    assert (judged.verdict, judged.severity, judged.scope.kind, judged.summary) == (
        verdict,
        severity,
        scope,
        summary,
    )


def test_an_outage_dates_from_the_first_failing_result() -> None:
    assert judge(board(dict.fromkeys(ALL, CRITICAL))).since == ONSET


def test_an_outage_names_who_is_affected_and_who_is_not() -> None:
    scope = judge(board({**ALL, "imap/mail1:143": CRITICAL, "imap/mail2:143": OK})).scope
    assert scope.affected == ("mail1",)
    assert scope.unaffected == ("mail2",)


@pytest.mark.parametrize("state", [CRITICAL, UNKNOWN])
def test_what_a_monitor_says_never_turns_the_verdict(state: State) -> None:
    alert = Alert(name="SmtpDown", about="mail1", severity="critical")
    verdict = judge(with_monitor(board({**ALL}), alert, state=state))
    assert (verdict.verdict, verdict.severity, verdict.scope.kind) == ("healthy", None, "none")
    named = "; but monitor/am has alerts" if state == CRITICAL else ""
    assert verdict.summary == f"every service answers{named}"
