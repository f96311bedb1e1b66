"""A test of a route: marked as one, sent to few, and its outcome kept."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from app.incident.kinds import Delivery
from app.incident.operator import me
from app.notices.deliver import deliver
from app.notices.route import Message, Route
from app.notices.route_record import remember
from checks.model import now
from checks.text import visible

FEW = 10
"""Most recipients who get a test unasked: a team may, all users may not."""

DEADLINE = 30.0

TEXT = """\
This is a test of the route "{route}", by which notices about outages of mail come.

Mail is not affected, and nothing has to be done.

{operator} on {host}, {at:%Y-%m-%d %H:%M} UTC
"""


class TooMany(ValueError):
    """A test would reach everybody."""


def for_test(route: Route) -> Route:
    """`route` as a test takes it. Raises TooMany."""
    if route.test_to:
        return replace(route, to=route.test_to)
    if len(route.to) > FEW:
        text = f'{route.name} reaches {len(route.to)}: test_to = ["…"] in its [[route]] says who'
        raise TooMany(f"{text} gets tests")
    return route


async def test(route: Route, state: Path) -> Sequence[Delivery]:
    """How a test fared, which is kept in `state`. Raises TooMany, and OSError if it is not kept."""
    found = await deliver(message(route), for_test(route), deadline=DEADLINE)
    remember(state, route, found)
    return found


def message(route: Route) -> Message:
    """The test itself; to receivers that know states it ends something that never began."""
    text = TEXT.format(
        route=route.name, operator=me().name, host=visible(os.uname().nodename), at=now()
    )
    return Message(
        notice=f"test-{uuid.uuid4().hex}",
        subject=f"[TEST] mailmedic: the route {route.name}",
        text=text,
        audience=route.audience,
        phase="resolved",
        incident="test",
        severity="SEV4",
        is_test=True,
    )
