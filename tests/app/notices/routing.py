"""Routes for tests, and what a secret must never be found in."""

from __future__ import annotations

from typing import Any

from app.notices.route import Message, Route
from checks.resolver import Resolver

MESSAGE = Message(
    notice="n1",
    subject="Mail is down",
    text="Nobody can send.\nNothing is lost.",
    audience=("it",),
    phase="investigating",
    incident="2026-11-23-01",
    severity="SEV1",
)


def route(kind: str, url: str, **more: Any) -> Route:
    return Route(name="way", kind=kind, audience=("it",), url=url, resolver=Resolver(), **more)
