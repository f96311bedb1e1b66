from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import pytest

from checks.board import Board
from checks.diagnosis.verdict import judge
from checks.model import Severity, State
from tests.boards import ONSET, board
from tests.trips import canary, standing, trip, with_trips

ONE = canary("one@lab.test", "mail1")
TWO = canary("two@lab.test", "mail1")
DEPT = canary("canary@dept.test", "mail2")

TRIPS = {
    "1": trip(ONE, ONE),
    "2": trip(TWO, TWO),
    "3": trip(DEPT, DEPT),
    "1>3": trip(ONE, DEPT),
    "2>3": trip(TWO, DEPT),
    "3>1": trip(DEPT, ONE),
    "mail1>1": trip("mail1", ONE),
    "mail1>3": trip("mail1", DEPT),
    "mail2>3": trip("mail2", DEPT),
}

Case: TypeAlias = tuple[Mapping[str, str], str, str, str, Severity | None]

CASES: dict[str, Case] = {
    "all arrive": ({}, "healthy", "none", "every service answers, test mail arrives", None),
    "one mailbox is locked": (
        {"1": "send.log in", "1>3": "send.log in", "3>1": "read.log in", "mail1>1": "read.log in"},
        "degraded",
        "one-user",
        "one@lab.test cannot send or read mail",
        Severity.SEV4,
    ),
    "one domain's map is broken": (
        {"3": "send.submit", "1>3": "send.submit", "2>3": "send.submit"},
        "degraded",
        "one-domain",
        "dept.test cannot receive",
        Severity.SEV2,
    ),
    "one sender is refused": (
        {"2": "send.submit", "2>3": "send.submit"},
        "degraded",
        "one-user",
        "two@lab.test cannot send",
        Severity.SEV4,
    ),
    "two things at once": (
        {"2": "send.log in", "3": "deliver.deliver"},
        "degraded",
        "one-service",
        "some cannot send or receive",
        Severity.SEV2,
    ),
    "one domain is rejected from outside": (
        {"mail1>3": "send.submit", "mail2>3": "send.submit"},
        "degraded",
        "one-domain",
        "dept.test cannot receive from outside",
        Severity.SEV2,
    ),
    "mail to one domain is lost": (
        {"3": "deliver.deliver", "1>3": "deliver.deliver", "2>3": "deliver.deliver"},
        "degraded",
        "one-domain",
        "dept.test cannot receive",
        Severity.SEV2,
    ),
    "one host's port 25 is dropped": (
        {"mail1>1": "send.connect", "mail1>3": "send.connect"},
        "degraded",
        "one-host",
        "through mail1 nobody can receive from outside",
        Severity.SEV3,
    ),
    "one host's IMAP is down": (
        {"3": "read.connect", "1>3": "read.connect", "2>3": "read.connect"}
        | {"mail1>3": "read.connect", "mail2>3": "read.connect"},
        "degraded",
        "one-host",
        "through mail2 nobody can read mail",
        Severity.SEV3,
    ),
    "nothing comes from outside": (
        {"mail1>1": "send.connect", "mail1>3": "send.connect", "mail2>3": "send.connect"},
        "outage",
        "all-users",
        "nobody can receive from outside",
        Severity.SEV1,
    ),
    "no password is right any more": (
        dict.fromkeys(["1", "2", "3", "1>3", "2>3", "3>1"], "send.log in")
        | dict.fromkeys(["mail1>1", "mail1>3", "mail2>3"], "read.log in"),
        "outage",
        "all-users",
        "nobody can send or read mail",
        Severity.SEV1,
    ),
    "everything is broken": (
        dict.fromkeys(TRIPS, "send.connect"),
        "outage",
        "all-users",
        "nobody can send or receive from outside",
        Severity.SEV1,
    ),
}


def made(broken: Mapping[str, str]) -> Board:
    """Healthy ports, and trips of which some are broken."""
    ports = board({"smtp/mail1:25": State.OK, "imaps/mail1:993": State.OK})
    return with_trips(ports, *(standing(way, broken.get(n, "")) for n, way in TRIPS.items()))


@pytest.mark.parametrize("case", CASES)
def test_whom_it_hits(case: str) -> None:
    broken, verdict, kind, summary, severity = CASES[case]
    judged = judge(made(broken))
    assert (judged.verdict, judged.scope.kind, judged.summary, judged.severity) == (
        verdict,
        kind,
        summary,
        severity,
    )


def test_it_is_said_who_is_hit_and_who_is_shown_not_to_be() -> None:
    scope = judge(made(CASES["one mailbox is locked"][0])).scope
    assert scope.affected == ("one@lab.test",)
    assert scope.unaffected == ("two@lab.test", "canary@dept.test")


def test_it_dates_from_the_first_failing_result() -> None:
    assert judge(made(CASES["everything is broken"][0])).since == ONSET


def test_the_only_canary_with_a_wrong_password_is_no_outage() -> None:
    ports = board({"smtp/mail1:25": State.OK})
    judged = judge(with_trips(ports, standing(trip(ONE, ONE), "send.log in")))
    assert (judged.verdict, judged.scope.kind) == ("degraded", "one-user")


def test_the_only_canary_whose_mail_is_lost_may_be_everybody() -> None:
    ports = board({"smtp/mail1:25": State.OK})
    judged = judge(with_trips(ports, standing(trip(ONE, ONE), "deliver.deliver")))
    assert (judged.verdict, judged.scope.kind) == ("outage", "all-users")


def test_a_service_that_is_down_for_all_counts_before_test_mail() -> None:
    ports = board({"smtp/mail1:25": State.CRITICAL}, summary="refused")
    judged = judge(with_trips(ports, standing(trip(ONE, ONE), "deliver.deliver")))
    assert judged.summary == "nobody can receive"
