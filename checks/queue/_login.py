"""The way into a target's host, and whose queue is looked for there."""

from __future__ import annotations

from checks.hosts import Login, LoginError
from checks.model import Host, Target


def login_of(target: Target) -> Login:
    """The login of its host. Raises LoginError."""
    if target.host is None or target.host.login is None:
        raise LoginError(f"{target.name} has no login")
    return target.host.login


def may_have(host: Host, mta: str) -> bool:
    """Whether that MTA's queue is looked for: not where a command of its own counts it."""
    return host.mta in (mta, "") and not host.queue
