"""The table of findings, and what it makes of a log."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks import registry
from checks.board import Board
from checks.diagnosis.effects import effect_of, table
from checks.diagnosis.severity import MEANINGS, ROWS
from checks.diagnosis.verdict import judge
from checks.facts import LogFacts, LogKind, Reason
from checks.model import Finding, State
from tests.boards import ONSET, board, result
from tests.trips import canary, standing, trip, with_trips

DECLARED = {code for kind in registry.kinds() for code in registry.load(kind).FINDINGS}


@pytest.mark.parametrize("code", table())
def test_each_finding_of_the_table_is_one_that_a_check_declares(code: str) -> None:
    beside = table()[code].beside
    assert not beside or beside in DECLARED
    assert any(one == code or (code.endswith(".") and one.startswith(code)) for one in DECLARED)


def test_each_row_of_the_table_has_a_severity_and_each_severity_a_meaning() -> None:
    assert {effect.row for effect in table().values()} <= set(ROWS)
    assert set(MEANINGS) == set(ROWS)


@pytest.mark.parametrize(
    ("code", "row"),
    [
        ("tls.expires-soon", "risk"),
        ("tls.anything.else", "flaw"),
        ("dns.mx.missing", "part"),
        ("dns.mx.alias", "flaw"),
        ("nobody.knows", None),
        ("", None),
    ],
)
def test_the_longest_that_fits_counts(code: str, row: str | None) -> None:
    found = effect_of(code)
    assert (found.row if found else None) == row


def logged(*kinds: LogKind, login: float | None = None, delivery: float | None = None) -> Board:
    """A board whose log check speaks of these kinds; signs of life are seconds after the onset."""
    facts = LogFacts(
        since=ONSET,
        until=ONSET,
        kinds=kinds,
        last_login=None if login is None else ONSET + timedelta(seconds=login),
        last_delivery=None if delivery is None else ONSET + timedelta(seconds=delivery),
    )
    answer = replace(
        result(State.WARNING, summary="; ".join(kind.meaning for kind in kinds)),
        findings=tuple(Finding(kind.code, kind.meaning) for kind in kinds),
        facts=facts,
    )
    on = board({"imap/mail1:143": State.OK, "logs/mail1": State.WARNING})
    return on.take("logs/mail1", answer, on.at)


def kind(code: str, *users: str, last: float = 0.0) -> LogKind:
    return LogKind(
        code=code,
        meaning=f"{code}: {', '.join(users)}",
        count=3,
        recent=3,
        first=ONSET,
        last=ONSET + timedelta(seconds=last),
        users=tuple(Reason(user, 1) for user in users),
    )


def test_a_log_names_the_user_that_is_hit() -> None:
    judged = judge(logged(kind("log.dovecot.over-quota", "eva@lab.test")))
    assert (judged.scope.kind, judged.severity) == ("one-user", "SEV3")
    assert judged.scope.affected == ("eva@lab.test",)
    assert judged.since == ONSET


def test_several_users_are_no_longer_one() -> None:
    judged = judge(logged(kind("log.dovecot.over-quota", "eva@lab.test", "ben@lab.test")))
    assert (judged.scope.kind, judged.scope.affected) == (
        "one-service",
        ("eva@lab.test", "ben@lab.test"),
    )


def test_what_a_log_complained_of_is_over_when_it_works_again() -> None:
    backend = kind("log.dovecot.auth-backend", last=10)
    assert judge(logged(backend)).severity == "SEV2"
    assert judge(logged(backend, login=5)).severity == "SEV2"
    assert judge(logged(backend, login=11)).verdict == "healthy"
    assert judge(logged(backend, delivery=11)).severity == "SEV2"


def test_what_is_said_in_the_log_and_means_nothing_yet_hits_nobody() -> None:
    grave, slight = kind("log.dovecot.over-quota", "eva@lab.test"), kind("log.postfix.fatal")
    on = logged(grave, slight)
    answer = on.standings["logs/mail1"].result
    assert answer is not None
    on = on.take("logs/mail1", replace(answer, summary=grave.meaning), on.at)
    assert judge(on).summary == f"eva@lab.test: {grave.meaning}"


def test_a_canary_that_a_log_names_beside_a_user_is_not_a_second_user() -> None:
    named = kind("log.dovecot.too-many-connections", "one@lab.test", "ana@lab.test")
    one = canary("one@lab.test", "mail1")
    judged = judge(with_trips(logged(named), standing(trip(one, one))))
    assert (judged.scope.kind, judged.scope.affected) == ("one-user", ("ana@lab.test",))


def test_mail_that_is_returned_for_a_domain_of_ours_hits_that_domain() -> None:
    returned = kind("log.postfix.bounced-no-such-domain")
    way = trip(canary("six@dept.test", "mail2"), canary("six@dept.test", "mail2"))
    for domain, scope in (("dept.test", "one-domain"), ("out.test", "one-service")):
        named = replace(returned, domains=(Reason(domain, 3),))
        judged = judge(with_trips(logged(named), standing(way)))
        assert (judged.scope.kind, judged.severity) == (scope, "SEV2")


@pytest.mark.parametrize(
    ("reason", "kind_", "severity"),
    [("throttled", "one-service", "SEV3"), ("greylisted", "none", "SEV4")],
)
def test_mail_that_others_put_off_matters_by_what_the_queue_says(
    reason: str, kind_: str, severity: str
) -> None:
    on = logged(kind("log.postfix.deferred-by-remote"))
    queue = replace(result(State.OK), findings=(Finding(f"queue.reason.{reason}"),))
    asked = board({"queue/mail1": State.OK}).standings["queue/mail1"].take(queue)
    on.standings["queue/mail1"] = asked
    judged = judge(on)
    assert (judged.scope.kind, judged.severity) == (kind_, severity)
