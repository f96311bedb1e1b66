"""Times on paper are local, through midnight, daylight saving and other zones; stored UTC."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from app.incident.kinds import Detected, Note, Opened
from app.incident.reports import load, text
from app.incident.reports._clock import Clock
from checks.when import iso
from tests.app.incident.stories import Said, story

BERLIN = ZoneInfo("Europe/Berlin")
FALLS_BACK = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)
"""02:50 summer time; ten minutes later it is 02:00 again."""

SPRINGS_ON = datetime(2026, 3, 29, 0, 50, tzinfo=UTC)
"""01:50; ten minutes later it is 03:00."""

SAID: list[Said] = [
    (0, "ana", Opened(incident="2026-11-23-01", title="x")),
    (300, "ana", Note()),
    (900, "ana", Note()),
    (1800, "ana", Note()),
]


def shown(written: str) -> list[str]:
    return re.findall(r"^ +\d+ (\S+) ana", written, re.MULTILINE)


def test_where_the_clocks_go_back_each_time_has_its_offset() -> None:
    written = text.plain(story(SAID, zone=BERLIN, start=FALLS_BACK))
    assert shown(written) == ["02:50:00+0200", "02:55:00+0200", "02:05:00+0100", "02:20:00+0100"]
    assert "UTC+02:00 (CEST), then UTC+01:00 (CET), each time with its offset" in " ".join(
        written.split()
    )


def test_where_the_clocks_go_forward_too() -> None:
    written = text.plain(story(SAID, zone=BERLIN, start=SPRINGS_ON))
    assert shown(written) == ["01:50:00+0100", "01:55:00+0100", "03:05:00+0200", "03:20:00+0200"]


def test_where_the_offset_stays_it_is_said_once() -> None:
    written = text.plain(story(SAID, zone=BERLIN))
    assert shown(written) == ["03:10:53", "03:15:53", "03:25:53", "03:40:53"]
    assert written.count("UTC+01:00 (CET)") == 1


def test_a_day_begins_at_local_midnight() -> None:
    before = datetime(2026, 11, 22, 22, 50, tzinfo=UTC)
    headings = re.findall(
        r"^Log of (.*)$", text.plain(story(SAID, zone=BERLIN, start=before)), re.MULTILINE
    )
    assert headings == ["Sun 2026-11-22", "Mon 2026-11-23"]
    assert len(re.findall(r"^Log of ", text.plain(story(SAID, start=before)), re.MULTILINE)) == 1


def test_moments_of_another_day_carry_their_date() -> None:
    first = datetime(2026, 11, 22, 22, 50, tzinfo=UTC)
    clock = Clock(BERLIN, [first, first + timedelta(hours=1)])
    assert clock.moment(first) == "23:50:00"
    assert clock.moment(first + timedelta(hours=1)) == "2026-11-23 00:50:00"
    assert "of Sun 2026-11-22 where no other date stands" in clock.words


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        (UTC, "UTC+00:00"),
        (ZoneInfo("Asia/Kolkata"), "UTC+05:30 (IST)"),
        (ZoneInfo("America/Sao_Paulo"), "UTC-03:00"),
        (timezone(timedelta(hours=-9, minutes=-30), "\x1b[2J"), "UTC-09:30"),
    ],
)
def test_a_zone_is_called_by_its_offset_and_its_name(zone: ZoneInfo, said: str) -> None:
    assert Clock(zone, [FALLS_BACK]).words.startswith(f"local, {said};")


def test_entries_stay_in_their_order_whatever_the_clock_said() -> None:
    back: list[Said] = [*SAID[:2], (-7200, "ana", Note())]
    assert shown(text.plain(story(back))) == ["02:10:53", "02:15:53", "00:10:53"]


def test_times_inside_an_entry_are_local_and_what_was_quoted_stays() -> None:
    onset = iso(datetime(2026, 11, 23, 2, 4, 12, tzinfo=UTC))
    said: list[Said] = [SAID[0], (5, "ana", Detected(onset=onset, summary="refused"))]
    told = story(said, zone=BERLIN)
    assert "first failing result at 03:04:12" in text.plain(told)
    clock = Clock(BERLIN, [FALLS_BACK])
    assert clock.localized(f"| {onset}") == f"| {onset}"
    assert clock.localized("since 9999-99-99T99:99:99.999Z") == "since 9999-99-99T99:99:99.999Z"


@pytest.fixture
def in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_the_zone_is_that_of_this_machine(in_new_york: None) -> None:
    falls_back = datetime(2026, 11, 1, 5, 50, tzinfo=UTC)
    written = text.plain(story(SAID, zone=None, start=falls_back))
    assert shown(written)[1:3] == ["01:55:00-0400", "01:05:00-0500"]


@pytest.mark.parametrize("name", ["csv", "json"])
def test_what_programs_read_is_utc(name: str) -> None:
    written = load(name).render(story(SAID, zone=BERLIN))
    assert "2026-11-23T02:10:53.000Z" in written


def test_what_people_read_is_local() -> None:
    told = story(SAID, zone=BERLIN)
    assert ">03:10:53<" in load("html").render(told)
    assert "| Mon 2026-11-23 03:10:53 |" in load("markdown").render(told)
