"""Everybody who is logged in on this machine (wall(1)): ``wall:``, or ``wall:GROUP`` for some."""

from __future__ import annotations

import re

from app.notices.route import Message, Route
from app.notices.routes._child import plain, run
from checks.fate import Fate
from checks.secret import Credentials

SCHEMES = ("wall",)
TAKES: frozenset[str] = frozenset()

_GROUP = re.compile(r"[\w.][\w.-]*")


def check(route: Route) -> None:
    """See `Kind.check`."""
    group = route.url.partition(":")[2]
    if group and not _GROUP.fullmatch(group):
        raise ValueError('"url" must be wall: or wall:GROUP')


def host(route: Route) -> str:  # noqa: ARG001
    """See `Kind.host`."""
    return ""


async def send(
    message: Message,
    route: Route,
    secret: Credentials,  # noqa: ARG001
    *,
    deadline: float,
) -> dict[str, Fate]:
    """See `Kind.send`."""
    group = route.url.partition(":")[2]
    argv = ["wall", *(["-g", group] if group else [])]
    return {"": await run(argv, plain(message), {}, deadline=deadline)}
