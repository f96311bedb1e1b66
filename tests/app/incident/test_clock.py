"""Clocks are set while people work: it is written down, and the order is that of writing."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.incident import entry as make
from app.incident.chain import verify
from app.incident.kinds import ClockStepped, Note
from app.incident.log import IncidentLog
from app.incident.metrics import measures
from tests.app.incident.conftest import OpenLog

STEPS = {
    "an hour back": timedelta(hours=-1),
    "a day ahead": timedelta(days=1),
    "past 2038": datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC) - datetime.now(UTC),
    "to the epoch": datetime(1970, 1, 1, tzinfo=UTC) - datetime.now(UTC),
}


@pytest.fixture
def step(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the clock by so much; uptime knows nothing of it."""

    def set_clock(by: timedelta) -> None:
        monkeypatch.setattr(make, "now", lambda: datetime.now(UTC) + by)

    return set_clock


@pytest.mark.parametrize("by", STEPS.values(), ids=STEPS.keys())
def test_a_clock_that_is_set_is_recorded_and_the_order_kept(
    by: timedelta, step: Any, log: IncidentLog, again: OpenLog
) -> None:
    log.append(Note(), "before")
    step(by)
    log.append(Note(), "after")
    log.append(Note(), "later")
    assert [entry.text for entry in log.entries[1:]] == ["before", "", "after", "later"]
    assert [entry.n for entry in log.entries] == [1, 2, 3, 4, 5]
    stepped = log.entries[2].data
    assert isinstance(stepped, ClockStepped)
    assert stepped.by == pytest.approx(by.total_seconds(), abs=5)
    assert ("back" if by < timedelta() else "forward") in stepped.lines()[0]
    assert [one.id for one in again().entries] == [one.id for one in log.entries]
    assert not verify(log.content()).broken
    assert all(one.seconds is None or one.seconds >= 0 for one in measures(log.entries))


def test_a_step_is_recorded_once_whoever_writes_first(
    step: Any, log: IncidentLog, again: OpenLog
) -> None:
    other = again()
    step(timedelta(hours=-1))
    log.append(Note(), "one")
    other.append(Note(), "two")
    stepped = [entry for entry in other.entries if isinstance(entry.data, ClockStepped)]
    assert len(stepped) == 1


def test_a_step_is_recorded_once_while_entries_wait(step: Any, log: IncidentLog) -> None:
    log.close()
    content = log.path.read_bytes()
    log.path.unlink()
    step(timedelta(hours=-1))
    assert not log.append(Note(), "one").is_written
    assert not log.append(Note(), "two").is_written
    log.path.write_bytes(content)
    log.refresh()
    kinds = [entry.kind for entry in log.entries]
    assert kinds == ["opened", "clock", "note", "note"]


@pytest.mark.parametrize(
    "at",
    ["2026-12-31T23:59:60Z", "2026-10-25T02:30:00+02:00", "yesterday", "", 7, None, "9999-99-99"],
)
def test_a_time_that_another_version_wrote_never_stops_a_reader(
    at: object, log: IncidentLog, again: OpenLog
) -> None:
    """Such as a leap second, which is no time in Python."""
    log._table.insert({"kind": "note", "text": "strange", "at": at, "boot": make.boot_id()})
    found = again().entries
    assert found[-1].text == "strange"
    assert found[-1].at.tzinfo is not None
    assert again().append(Note(), "on").n >= 3


def test_another_machine_or_boot_is_not_a_step(
    step: Any, log: IncidentLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make, "boot_id", lambda: "another boot")
    step(timedelta(hours=-1))
    log.append(Note(), "after the reboot")
    assert [entry.kind for entry in log.entries] == ["opened", "note"]


def test_entries_are_stamped_with_this_boot(log: IncidentLog) -> None:
    assert log.entries[0].boot == make.boot_id() != ""
    assert log.entries[0].host == os.uname().nodename
