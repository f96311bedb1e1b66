"""The way into a target's host."""

from __future__ import annotations

from checks.hosts import Login, LoginError
from checks.model import Target


def login_of(target: Target) -> Login:
    """The login of its host. Raises LoginError."""
    if target.host is None or target.host.login is None:
        raise LoginError(f"{target.name} has no login")
    return target.host.login
