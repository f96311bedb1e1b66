"""The times that matter, from entries: against targets, whatever the clocks do."""

from __future__ import annotations

import pytest

from app.incident.entry import read
from app.incident.kinds import (
    Acknowledged,
    Data,
    Delivery,
    Detected,
    NoticeSent,
    Opened,
    Resolved,
    VerdictChanged,
)
from app.incident.metrics import Measure, measures, punctuality
from app.incident.targets import TARGETS, Targets
from checks.when import iso
from tests.app.incident.stories import Said, at, entries


def notice(outcome: str) -> NoticeSent:
    delivery = Delivery(route="a", outcome=outcome)
    return NoticeSent(audience=("users",), subject="Mail is down", deliveries=(delivery,))


OUTAGE: list[Said] = [
    (60, "alice", Opened(incident="2026-11-23-01", title="Mail is down")),
    (61, "alice", Detected(onset=iso(at(0)), seen=iso(at(9)))),
    (62, "alice", VerdictChanged(verdict="outage", severity="SEV1")),
    (120, "bob", Acknowledged()),
    (200, "bob", notice("refused")),
    (300, "bob", notice("accepted")),
    (1800, "alice", VerdictChanged(verdict="degraded")),
    (3600, "alice", Resolved()),
]  # fmt: skip


def found(said: list[Said], targets: Targets = TARGETS["SEV1"]) -> dict[str, Measure]:
    return {one.name: one for one in measures(entries(said), targets)}


def test_each_time_counts_from_onset_to_its_milestone() -> None:
    times = {name: one.seconds for name, one in found(OUTAGE).items()}
    assert times == pytest.approx({"TTD": 9, "TTA": 120, "TTN": 300, "TTM": 1800, "TTR": 3600})
    assert {name: one.at for name, one in found(OUTAGE).items()} == {
        "TTD": at(9), "TTA": at(120), "TTN": at(300), "TTM": at(1800), "TTR": at(3600)
    }  # fmt: skip


def test_each_time_is_held_against_the_target_of_the_severity() -> None:
    slow = Targets(detect=9, acknowledge=119, mitigate=3600)
    assert {name: one.is_met for name, one in found(OUTAGE, slow).items()} == {
        "TTD": True, "TTA": False, "TTN": None, "TTM": True, "TTR": None
    }  # fmt: skip


def test_what_has_not_happened_meets_and_misses_nothing() -> None:
    resolved = found(OUTAGE[:-1])["TTR"]
    assert (resolved.seconds, resolved.is_met, resolved.target) == (None, None, 4 * 3600)


def test_the_formula_stands_beside_each_number() -> None:
    assert all(one.formula.endswith("- onset") for one in found(OUTAGE).values())


@pytest.mark.parametrize("severity", TARGETS)
def test_targets_come_in_the_order_of_the_milestones(severity: str) -> None:
    targets = TARGETS[severity]
    row = [targets.detect, targets.acknowledge, targets.notice, targets.mitigate, targets.resolve]
    known = [one for one in row if one is not None]
    assert known == sorted(known)


def test_a_clock_set_back_by_an_hour_changes_no_duration() -> None:
    lines = entries(OUTAGE)
    documents = [dict(entry.document) for entry in lines]
    for document in documents[3:]:
        document["at"] = iso(at(-3600))
    again = {one.name: one.seconds for one in measures([read(one) for one in documents])}
    assert again == pytest.approx({"TTD": 9, "TTA": 120, "TTN": 300, "TTM": 1800, "TTR": 3600})


def test_an_incident_without_a_failing_result_has_no_times() -> None:
    said: list[Said] = [(0, "alice", Opened(incident="x", title="x")), (9, "alice", Resolved())]
    assert {one.seconds for one in measures(entries(said))} == {None}


def test_notices_are_in_time_up_to_a_minute_late() -> None:
    def promised(seconds: float) -> Data:
        return NoticeSent(audience=("users",), subject="x", next_at=iso(at(seconds)))

    said: list[Said] = [
        (0, "a", promised(100)), (160, "a", promised(200)), (261, "a", promised(300))
    ]  # fmt: skip
    assert punctuality(entries(said)) == (2, 1)
