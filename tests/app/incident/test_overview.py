"""Several incidents looked back on: figures, the same cause again, what is overdue."""

from __future__ import annotations

import json
from datetime import date

import pytest

from app.incident.folder import Summary
from app.incident.kinds import (
    ActionItem,
    CauseNamed,
    Closed,
    Detected,
    Opened,
    Resolved,
    Reviewed,
    VerdictChanged,
)
from app.incident.overview import Overview, document, lines, overview
from checks.when import iso
from tests.app.incident.stories import Said, at, entries

TODAY = date(2026, 12, 2)


def incident(day: str, took: float | None, *, cause: str = "", due: str = "") -> Summary:
    """One that began with onset and, where `took` says so, was resolved and closed."""
    said: list[Said] = [
        (10, "ana", Opened(incident=f"{day}-01", title=f"mail on {day}")),
        (10, "ana", Detected(onset=iso(at(0)))),
        (11, "ana", VerdictChanged(verdict="outage", severity="SEV1" if took else "SEV2")),
    ]
    if cause:
        said.append((12, "ana", CauseNamed(cause=cause, title=f"{cause} in words")))
    if took:
        said += [(took, "ana", Resolved()), (took + 1, "ana", Closed(summary="over"))]
    if due:
        actions = (
            ActionItem(title="fix it", owner="raj", due=due),
            ActionItem(title="fixed", due=due, is_done=True),
        )
        said.append((9000, "ana", Reviewed(actions=actions)))
    made = entries(said)
    return Summary(id=f"{day}-01", title=f"mail on {day}", is_open=took is None, entries=made)


@pytest.fixture
def over() -> Overview:
    return overview(
        [
            incident("2026-11-23", None),
            incident("2026-11-20", 7200, cause="disk.full"),
            incident("2026-11-10", 600, cause="disk.full", due="2026-12-01"),
            incident("2026-11-01", 1200, cause="dns.broken", due="2026-12-02"),
        ],
        TODAY,
    )


def test_the_mean_is_told_apart_from_the_median_and_open_ones_do_not_count(over: Overview) -> None:
    assert (over.resolved, over.mttr_mean, over.mttr_median) == (3, 3000.0, 1200.0)
    assert (over.open, over.severities) == (1, {"SEV1": 3, "SEV2": 1})


def test_a_cause_that_came_back_is_named_with_its_incidents(over: Overview) -> None:
    (again,) = over.repeats
    assert (again.cause, again.incidents) == ("disk.full", ("2026-11-20-01", "2026-11-10-01"))


def test_an_action_is_overdue_the_day_after_it_was_due_unless_it_is_done(over: Overview) -> None:
    (late,) = over.overdue
    assert (late.incident, late.action.title) == ("2026-11-10-01", "fix it")


@pytest.mark.parametrize("due", ["", "soon", "2026-13-01"])
def test_an_action_without_a_day_is_never_overdue(due: str) -> None:
    assert not overview([incident("2026-11-10", 600, due=due or " ")], TODAY).overdue


def test_it_reads_as_lines(over: Overview) -> None:
    said = list(lines(over, ["2026-10-01-01: can't be read"]))
    assert said[0] == (
        "2026-11-23-01  open      SEV2         -       3 entries  mail on 2026-11-23"
    )
    assert said[1].startswith("2026-11-20-01  closed    SEV1     2h 0m       6 entries")
    assert said[4:] == [
        "not read: 2026-10-01-01: can't be read",
        "incidents: 4, not closed: 1; SEV1 3, SEV2 1",
        "MTTR: mean 50m 0s, median 20m 0s, of 3 resolved (resolved - onset)",
        "same cause again: disk.full in words: 2026-11-20-01, 2026-11-10-01",
        "overdue, of 2026-11-10-01: [ ] fix it (raj, due 2026-12-01)",
    ]


def test_it_reads_as_json(over: Overview) -> None:
    told = json.loads(document(over, []))
    assert told["schema"] == "mailmedic.incidents/1"
    assert told["mttr_median"] == 1200.0
    assert [one["ttr"] for one in told["incidents"]] == [None, 7200.0, 600.0, 1200.0]


def test_nothing_adds_up_to_nothing() -> None:
    none = overview([], TODAY)
    assert list(lines(none, [])) == ["incidents: 0, not closed: 0"]
    assert none.mttr_mean is None
