from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from checks.board import Board
from checks.model import State
from tests.screens import assert_screen
from tests.trips import canary, standing, trip, with_trips
from tests.widgets.scene import AT, OK, answer, board
from tests.widgets.scene import standing as service
from tests.widgets.test_panels import drawn
from widgets.entry import Entry, details
from widgets.panels.reachability import Reachability
from widgets.trip import label

ONE = canary("one@lab.test", "mail1")
TWO = canary("two@lab.test", "mail1")
SOON = AT - timedelta(seconds=5)
LOCKED = standing(trip(TWO, TWO), "send.log in", "roundtrip.auth.failed", at=SOON)
PORTS = (("smtp", 25), ("smtp", 587), ("imap", 993))


def scene() -> Board:
    ports = board(*(service(kind, f"mail1:{port}", answer(OK)) for kind, port in PORTS))
    outside = standing(trip("mail1", ONE), "send.connect", at=SOON)
    trips = [standing(trip(ONE, ONE), at=SOON), LOCKED, outside]
    return replace(with_trips(ports, *trips), at=AT)


def entries(on: Board) -> list[Entry]:
    return Reachability().entries(on, AT)


def text(entry: Entry) -> list[str]:
    return ["".join(span.text for span in line) for line in details(entry, AT)]


def test_trips_stand_below_the_grid_and_their_ladders_in_the_details() -> None:
    screens = [*drawn(Reachability(), scene(), 80, 9), *drawn(Reachability(), scene(), 44, 9)]
    for entry in entries(scene())[1:]:
        screens += ["", entry.key, *text(entry)]
    assert_screen("trips", screens)


def test_beyond_the_first_broken_rung_nothing_is_red() -> None:
    lines = text(entries(scene())[2])
    broken = next(n for n, line in enumerate(lines) if "send: log in   " in line)
    assert [line for line in lines[1:broken] if not line.startswith("✓")] == []
    assert all(line.startswith("?") for line in lines[broken + 1 : broken + 10])


def test_a_trip_that_is_not_confirmed_yet_is_soft() -> None:
    once = standing(trip(ONE, ONE), at=SOON)
    assert LOCKED.result is not None
    soft = once.take(replace(LOCKED.result, at=AT))
    shown = "\n".join(drawn(Reachability(), with_trips(scene(), soft), 80, 9))
    assert "~" in next(line for line in shown.splitlines() if line.startswith("│ one "))


def test_addresses_stand_whole_where_their_local_parts_are_the_same() -> None:
    other = canary("one@dept.test", "mail2")
    trips = [trip(ONE, ONE), trip(ONE, other), trip(ONE, TWO)]
    assert [label(way, trips) for way in (*trips, trip("mail1", TWO))] == [
        "one@lab.test",
        "one@lab.test→one@dept.test",
        "one@lab.test→two",
        "mail1→two",
    ]


def test_a_trip_that_was_not_asked_yet_says_so() -> None:
    blank = replace(LOCKED, result=None, state=None, history=())
    shown = entries(with_trips(board(), blank))
    assert "not yet asked" in text(shown[0])[0]
    assert State.OK not in {one.state for one in shown[0].standings}
