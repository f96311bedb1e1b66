"""A program of your own, such as a pager script: ``command:/usr/local/bin/page --team mail``.

It gets the subject, an empty line and the text on standard input; MAILMEDIC_AUDIENCE, _PHASE,
_SEVERITY, _INCIDENT and _NOTICE tell the rest. Exit status 0 says that it has sent it, 75 that it
may be tried again (sysexits(3)), any other that it has not. No shell reads the line.
"""

from __future__ import annotations

import shlex

from app.notices.route import Message, Route
from app.notices.routes._child import plain, run
from checks.fate import Fate
from checks.secret import Credentials

SCHEMES = ("command",)
TAKES: frozenset[str] = frozenset()


def check(route: Route) -> None:
    """See `Kind.check`."""
    if not _argv(route):
        raise ValueError('"url" must be command:PROGRAM and its arguments')


def host(route: Route) -> str:  # noqa: ARG001
    """See `Kind.host`: where a program goes is not known."""
    return ""


async def send(
    message: Message,
    route: Route,
    secret: Credentials,  # noqa: ARG001
    *,
    deadline: float,
) -> dict[str, Fate]:
    """See `Kind.send`."""
    environment = {
        "MAILMEDIC_AUDIENCE": " ".join(message.audience),
        "MAILMEDIC_PHASE": message.phase,
        "MAILMEDIC_SEVERITY": message.severity,
        "MAILMEDIC_INCIDENT": message.incident,
        "MAILMEDIC_NOTICE": message.notice,
    }
    return {"": await run(_argv(route), plain(message), environment, deadline=deadline)}


def _argv(route: Route) -> list[str]:
    """Raises ValueError, not repeating the line."""
    try:
        return shlex.split(route.url.partition(":")[2])
    except ValueError as error:
        raise ValueError('"url": a quote is not closed') from error
