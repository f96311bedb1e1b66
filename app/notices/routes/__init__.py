"""Ways that notices go: one kind a file, found by being here; its URLs begin with its schemes.

A leading underscore marks what is none. They are light: what is heavy is imported when it is sent.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Protocol, cast

from app.config.rules import nearest
from app.notices.route import Message, Route
from checks.fate import Fate
from checks.secret import Credentials

OPTIONAL = ("secret", "sender", "to", "test_to", "body", "address", "ca_file", "push")


class Kind(Protocol):
    """What a module in here holds."""

    SCHEMES: tuple[str, ...]

    TAKES: frozenset[str]
    """Those of `OPTIONAL` that mean something to it."""

    def check(self, route: Route) -> None:
        """Raise ValueError with what is wrong with the route; never with a part of its URL."""

    def host(self, route: Route) -> str:
        """The host that it goes to; empty where it does not leave this machine, or none is told."""

    async def send(
        self, message: Message, route: Route, secret: Credentials, *, deadline: float
    ) -> dict[str, Fate]:
        """Try once, within `deadline` seconds: the fate of each recipient, of ``""`` without any.

        `secret` is what the route's `secret` keeps, empty where it has none. Replies are masked
        and made visible by who calls.
        """


@cache
def _schemes() -> dict[str, str]:
    """The kind of each scheme."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    kinds = [name for name in names if not name.startswith("_")]
    return {scheme: kind for kind in kinds for scheme in load(kind).SCHEMES}


def load(kind: str) -> Kind:
    """The kind of that name."""
    return cast(Kind, importlib.import_module(f"app.notices.routes.{kind}"))


def check(route: Route) -> None:
    """Raise ValueError with what is wrong with the route; never with a part of its URL."""
    kind = load(route.kind)
    for key in OPTIONAL:
        if getattr(route, key) and key not in kind.TAKES:
            raise ValueError(f'a route of this kind takes no "{key}"')
    kind.check(route)


def kind_of(url: str) -> str:
    """The kind that such a URL is of. Raises ValueError."""
    scheme, colon, _ = url.partition(":")
    known = _schemes()
    if not colon or scheme.lower() not in known:
        hint = nearest(scheme, known) if colon else ""
        raise ValueError(f"must begin with {', '.join(f'{one}:' for one in sorted(known))}{hint}")
    return known[scheme.lower()]
