"""Hands a message to a route, and tells how each recipient fared."""

from __future__ import annotations

from app.notices.route import Delivery, Message, Route


async def deliver(message: Message, route: Route, *, deadline: float) -> tuple[Delivery, ...]:
    """How the message fared on `route`: one for each recipient, one for a route without any.

    Answers for every failure, by its deadline.
    """
    raise NotImplementedError
