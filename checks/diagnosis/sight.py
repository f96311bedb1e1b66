"""What is shown of one thing that somebody does with mail. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from checks.board import Standing
from checks.diagnosis.people import Seat

LOST = "lost"
WORKS = "works"
DARK = "dark"
"""Nobody could look."""

USER, HOST, DOMAIN = "user", "host", "domain"
"""How far what was seen reaches by itself: a refused login is a user's, a silent port a host's,
a message that another host refuses a domain's."""


class Sight(Struct, frozen=True):
    """`function` of `seat` is lost, works or is dark, as `standings` show.

    `source` is the host that the mail came from, where mail was sent.
    """

    function: str
    seat: Seat
    word: str
    standings: tuple[Standing, ...]
    reach: str = HOST
    source: str = ""


def earliest(standings: Iterable[Standing]) -> datetime | None:
    """When the first of them turned."""
    return min((one.since for one in standings if one.since), default=None)


def ids(standings: Iterable[Standing]) -> tuple[str, ...]:
    """Their ids, none twice."""
    return tuple(dict.fromkeys(one.id for one in standings))
