"""What holds of the verdict on any board at all."""

from __future__ import annotations

from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from checks.board import Board
from checks.diagnosis.effects import table
from checks.diagnosis.severity import ROWS, Severities
from checks.diagnosis.verdict import judge
from checks.model import Severity, State, Verdict
from tests.boards import board
from tests.checks.diagnosis.test_scope import PORTS, TRIPS, Case, made
from tests.lab.fault import Scope
from tests.trips import READ, SEND

RUNGS = [*(f"send.{name}" for name in SEND), "deliver.deliver", *(f"read.{name}" for name in READ)]
SERVICES = [f"{host}:{name}" for host in ("mail1", "mail2") for name in PORTS]
OTHER = ["processes/mail1", "disks/mail2", "dns/lab.test", "ping/gw", "ping/mail1", "queue/mail1"]
CODES = [*(code.rstrip(".") for code in table()), "process.postfix.missing", "new.code"]

services = st.lists(st.sampled_from(SERVICES), unique=True).map(" ".join)
states = st.sampled_from([State.OK, State.WARNING, State.CRITICAL, State.UNKNOWN])
cases = st.builds(
    Case,
    says=st.just(""),
    down=services,
    dark=services,
    trips=st.dictionaries(
        st.sampled_from(list(TRIPS)), st.sampled_from([*RUNGS, "waits", "late", "unasked"])
    ),
    other=st.dictionaries(st.sampled_from(OTHER), st.tuples(states, st.sampled_from(CODES))),
)


def well_formed(judged: Verdict) -> bool:
    return (
        judged.verdict in ("healthy", "degraded", "outage", "unknown")
        and judged.scope.kind in get_args(Scope)
        and bool(judged.summary)
        and bool(judged.severity) == bool(judged.reason)
        and not set(judged.scope.affected) & set(judged.scope.unaffected)
    )


@settings(max_examples=150)
@given(cases)
def test_every_board_has_a_verdict_and_nobody_is_both_hit_and_shown_not_to_be(case: Case) -> None:
    judged = judge(made(case))
    assert well_formed(judged)
    assert (judged.severity is not None) == (judged.verdict in ("degraded", "outage")) or (
        judged.verdict == "unknown"
    )


@settings(max_examples=150)
@given(cases)
def test_a_user_on_a_host_that_is_well_whose_test_mail_all_passes_is_never_hit(case: Case) -> None:
    on = made(case)
    ill = {word.partition(":")[0] for word in f"{case.down} {case.dark}".split()}
    ill |= {id_.partition("/")[2] for id_ in case.other}
    suspects = set()
    for one in on.standings.values():
        if (trip := one.target.trip) is not None and one.state != State.OK:
            suspects |= {who.address for who in (trip.sender, trip.recipient) if who is not None}
    for trip in TRIPS.values():
        home = trip.recipient.imap.host
        if trip.recipient.address not in suspects and home and home.name not in ill:
            assert trip.recipient.address not in judge(on).scope.affected


alone = st.dictionaries(
    st.sampled_from(
        [f"{name}/{host}:{PORTS[name]}" for host in ("mail1", "mail2") for name in PORTS]
    ),
    st.sampled_from([State.OK, State.CRITICAL]),
    min_size=1,
)


def badness(judged: Verdict) -> int:
    return -int(judged.severity[-1]) if judged.severity else -9


@settings(max_examples=150)
@given(alone, st.data())
def test_one_more_service_that_is_down_never_makes_it_less_severe(
    states: dict[str, State], data: st.DataObject
) -> None:
    more = {**states, data.draw(st.sampled_from(list(states))): State.CRITICAL}
    before, after = judge(board(dict(states))), judge(board(dict(more)))
    assert badness(after) >= badness(before)
    assert (before.verdict, after.verdict) != ("outage", "degraded")


@given(st.fixed_dictionaries({row: st.sampled_from(list(Severity)) for row in ROWS}), cases)
@settings(max_examples=100)
def test_the_worst_severity_of_the_table_leads(rows: dict[str, Severity], case: Case) -> None:
    judged = judge(made(case), Severities(**rows))
    assert judged.severity is None or judged.severity in rows.values()
    if judged.severity:
        assert judged.reason.startswith(judged.severity.value)


def test_a_board_of_nothing_is_unknown() -> None:
    empty: Board = board({})
    assert judge(empty).summary == "no mail service to look at"
