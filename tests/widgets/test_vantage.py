from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from checks.board import Board, Point, Standing
from checks.facts import Sight, VantageFacts
from checks.hosts.local import LocalLogin
from checks.model import Host, State, Target, Vantage
from tests.boards import NOWHERE
from tests.screens import assert_screen
from tests.widgets.scene import AT, CRITICAL, OK, WARNING, answer, board, standing
from tests.widgets.test_panels import drawn
from widgets.panels.reachability import Reachability

PLACES = (("smtp", "mail1", 25), ("imaps", "mail1", 993), ("smtp", "mail2", 25), ("ping", "gw", 0))


def vantage(*there: str) -> Standing:
    """The device `edge`, with what it sees of `PLACES`; nothing: not asked yet."""
    asks = tuple(
        Target(
            name=f"{name}:{port}" if port else name,
            about=about,
            port=port,
            host=Host(name=name, address=name),
            resolver=NOWHERE,
        )
        for about, name, port in PLACES
    )
    here = ("dropped", "open", "open", "open")
    sights = tuple(
        Sight(one.id, one.name, mine, theirs)
        for one, mine, theirs in zip(asks, here, there, strict=False)
    )
    target = Target(
        name="edge",
        about="vantage",
        resolver=NOWHERE,
        vantage=Vantage(name="edge", login=LocalLogin(), asks=asks),
    )
    made = Standing(kind="vantage", target=target, interval=30.0)
    if not there:
        return made
    said = answer(WARNING, "only from here: edge reaches mail1:25, we do not", "vantage.only-here",
                  facts=VantageFacts("nc", sights))  # fmt: skip
    for _ in range(3):
        made = made.take(said)
    return made


def seen(*there: str) -> Board:
    """Port 25 of mail1 is dropped from here."""
    return board(
        standing("ping", "mail1", answer(OK, rtt=0.0004)),
        standing("smtp", "mail1:25", answer(CRITICAL, "connection timed out")),
        standing("imap", "mail1:993", answer(OK)),
        standing("smtp", "mail2:25", answer(OK)),
        standing("ping", "gw", answer(OK, rtt=0.0002)),
        vantage(*there),
    )


def test_what_another_device_reaches_stands_beside_what_we_reach() -> None:
    screens = []
    for there in (("open",) * 4, ("dropped",) + ("open",) * 3, ("unclear", "refused") * 2, ()):
        screens += [" ".join(there), *drawn(Reachability(), seen(*there), 100, 8)]
    for width in (60, 44, 30):
        screens += [f"in {width}", *drawn(Reachability(), seen(*["open"] * 4), width, 8)]
    assert_screen("vantage", screens)


@pytest.mark.parametrize(
    ("there", "words"), [("open", "only from here: "), ("dropped", "down from everywhere: ")]
)
def test_a_host_says_from_where_it_is_down(there: str, words: str) -> None:
    screen = drawn(Reachability(), seen(there, "open", "open", "open"), 120, 8)
    assert f"{words}connection timed out" in "\n".join(screen)


def test_the_last_minute_shows_when_it_was_down() -> None:
    smtp = standing("smtp", "mail1:25", answer(OK))
    states = (OK, OK, State.UNKNOWN, CRITICAL, WARNING, OK)
    history = tuple(
        Point(AT - timedelta(seconds=50 - 10 * place), state, 0.1, {})
        for place, state in enumerate(states)
    )
    screen = drawn(Reachability(), board(replace(smtp, history=history)), 80, 4)
    assert "▁▁?█▄▁" in screen[2]


def test_lost_packets_are_told_in_the_ping_column() -> None:
    lossy = answer(WARNING, "4 of 12 lost", "ping.loss", rtt=0.0004, loss=0.33)
    screen = drawn(Reachability(), board(standing("ping", "mail1", lossy)), 80, 4)
    assert "33% !" in screen[2]
