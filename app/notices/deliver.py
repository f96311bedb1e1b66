"""Hands a message to a route, tries again what was refused for now, and tells how each fared."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from msgspec.structs import replace

from app.incident.kinds import Delivery
from app.notices import routes
from app.notices.route import Message, Route, harmless
from checks.fate import Fate
from checks.model import now
from checks.reveal import SecretError, reveal
from checks.secret import Credentials
from checks.text import MASK, redact, visible
from checks.when import iso

PAUSES = (1.0, 4.0)
"""Seconds before the second and the third try. Who still refuses is told to the operator."""

SECRET_WITHIN = 5.0
"""Seconds for the secret's file or command."""

GRACE = 0.5
"""Seconds that a route may be late before it is ended."""

REPLY_LIMIT = 300


async def deliver(message: Message, route: Route, *, deadline: float) -> tuple[Delivery, ...]:
    """How the message fared on `route`: one for each recipient, one for a route without any.

    Answers for every failure, by its deadline.
    """
    recipients = [one for one in route.to if not message.recipients or one in message.recipients]
    if route.to and not recipients:
        return ()
    ends = asyncio.get_running_loop().time() + deadline
    try:
        secret = await _secret(route, min(SECRET_WITHIN, deadline))
    except SecretError as error:
        fate = Fate("refused", f"its secret can't be had: {error}")
        return tuple(_told(route, one, fate, 0, Credentials("", "")) for one in recipients or [""])
    return await _deliver(harmless(message), route, recipients or [""], secret, ends)


async def _deliver(
    message: Message, route: Route, waiting: list[str], secret: Credentials, ends: float
) -> tuple[Delivery, ...]:
    """Try, and try again for those who refused it for now."""
    clock = asyncio.get_running_loop().time
    told: dict[str, Delivery] = {}
    for tries, pause in enumerate((0.0, *PAUSES), 1):
        if tries > 1 and ends - clock() <= pause:
            break
        await asyncio.sleep(pause)
        fates = await _try(message, route, waiting, secret, ends - clock())
        told |= {one: _told(route, one, fate, tries, secret) for one, fate in fates.items()}
        waiting = [one for one, fate in fates.items() if fate.is_temporary]
        if not waiting:
            break
    return tuple(told.values())


async def _try(
    message: Message, route: Route, recipients: list[str], secret: Credentials, left: float
) -> dict[str, Fate]:
    """One try. Whatever a route ends with, it may have sent something before."""
    asked = replace(message, recipients=tuple(filter(None, recipients)))
    try:
        async with asyncio.timeout(left + GRACE):
            found = await routes.load(route.kind).send(asked, route, secret, deadline=left)
    except TimeoutError:
        return dict.fromkeys(recipients, Fate("unknown", f"did not answer in {left:.0f} s"))
    except Exception as error:  # noqa: BLE001 - the top of a route: its text may hold a secret
        name = type(error).__name__
        return dict.fromkeys(recipients, Fate("unknown", f"broke down: {name}, a bug in mailmedic"))
    return {one: found[one] for one in recipients}


async def _secret(route: Route, deadline: float) -> Credentials:
    if route.secret is None:
        return Credentials("", "")
    return Credentials("", await reveal(route.secret, deadline=deadline))


def _told(route: Route, recipient: str, fate: Fate, tries: int, secret: Credentials) -> Delivery:
    return Delivery(
        route=route.name,
        recipient=recipient,
        outcome=fate.outcome,
        detail=redact(visible(_masked(fate.reply, secret), REPLY_LIMIT)),
        proof=visible(_masked(fate.proof, secret), 100),
        at=iso(now()),
        tries=tries,
    )


def _masked(text: str, secret: Credentials) -> str:
    """`text` without the secret, whatever a server or a program made of it."""
    password = secret.reveal()
    if not password:
        return text
    return secret.mask(text).replace(quote(password, safe=""), MASK).replace(quote(password), MASK)
