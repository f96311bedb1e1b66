from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.incident.kinds import EtaChanged
from app.notices.eta import parse
from app.notices.zone import between, time
from checks.when import from_iso

VIENNA = ZoneInfo("Europe/Vienna")
AT = datetime(2026, 11, 23, 3, 10, 53, tzinfo=UTC)
"""04:10:53 in Vienna."""


@pytest.mark.parametrize(
    ("typed", "zone", "expected"),
    [
        ("30m", UTC, ("", "03:40")),
        ("1h30m", UTC, ("", "04:40")),
        ("1h-2h", UTC, ("04:10", "05:10")),
        ("04:30", UTC, ("", "04:30")),
        ("4:30 – 5:00", VIENNA, ("03:30", "04:00")),
        ("04:30z", VIENNA, ("", "04:30")),
        ("?", UTC, ("", "")),
        ("", UTC, ("", "")),
        ("unknown", UTC, ("", "")),
    ],
)
def test_times_and_spans_and_ranges_of_both_are_understood(
    typed: str, zone: tzinfo, expected: tuple[str, str]
) -> None:
    found = parse(typed, AT, zone)
    assert (found.low[11:16], found.high[11:16]) == expected


def test_a_time_of_day_that_is_past_is_that_of_tomorrow() -> None:
    assert parse("03:10", AT, UTC).high == "2026-11-24T03:10:00.000Z"
    assert parse("04:09", AT, VIENNA).high == "2026-11-24T03:09:00.000Z"


def test_a_time_of_day_is_of_the_day_that_the_clock_is_put_back() -> None:
    evening = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)  # 00:30 summer time; at 03:00 put back
    assert parse("06:00", evening, VIENNA).high == "2026-10-25T05:00:00.000Z"


@pytest.mark.parametrize("typed", ["soon", "5", "25:00", "0m", "200h", "2h-1h", "-", "1h-", "h"])
def test_what_is_no_time_is_refused_with_the_forms_that_are(typed: str) -> None:
    with pytest.raises(ValueError, match=r"reads|ahead|comes first"):
        parse(typed, AT, UTC)


@settings(max_examples=200)
@given(st.text("0123456789hm:z-? ", max_size=12))
def test_what_is_understood_lies_ahead(typed: str) -> None:
    try:
        found = parse(typed, AT, UTC)
    except ValueError:
        return
    low, high = from_iso(found.low), from_iso(found.high)
    assert found == EtaChanged() or (high and AT < high <= AT + timedelta(days=7))
    assert low is None or (high and low < high)


def test_readers_get_their_own_time_with_its_zone_and_the_date_where_it_is_another() -> None:
    assert time(AT, VIENNA, AT) == "04:10 CET"
    assert time(AT, ZoneInfo("Asia/Kathmandu"), AT) == "08:55 UTC+05:45"
    late = AT + timedelta(hours=22)
    assert time(late, VIENNA, AT) == "Tue 24 Nov 02:10 CET"
    assert between(AT, AT + timedelta(hours=1), VIENNA, AT) == "04:10 and 05:10 CET"
