"""Something that is wrong for somebody: whom it hits, with what, and how bad that is. Pure."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from checks.board import Standing
from checks.diagnosis.people import Seat


class Hit(Struct, frozen=True, kw_only=True):
    """`row` is the row of the severity table that it falls under.

    `kind` and `names` are the scope: the hosts, domains or users that are hit. `functions` are
    lost to `seats`, and known to work for those in `cleared`.
    """

    kind: str
    row: str
    text: str
    names: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    seats: tuple[Seat, ...] = ()
    cleared: tuple[Seat, ...] = ()
    standings: tuple[Standing, ...] = ()
    since: datetime | None = None
    is_outage: bool = False
