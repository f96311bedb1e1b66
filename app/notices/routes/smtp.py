"""Mail, through a relay outside of what is broken.

``smtps://USER@HOST:465`` begins with TLS, ``smtp://USER@HOST:587`` goes on under it or not at all.
``smtp+plain://127.0.0.1:25`` stays in clear, and within this machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import SplitResult, unquote, urlsplit

from app.notices.mailbox import envelope
from app.notices.route import Message, Route
from app.notices.routes._reach import target
from checks.etc_hosts import is_this_machine
from checks.fate import Fate
from checks.secret import Credentials

SCHEMES = ("smtps", "smtp", "smtp+plain")
TAKES = frozenset({"secret", "sender", "to", "test_to", "address", "ca_file"})

PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}
ABOUT = {"smtps": "smtps", "smtp": "submission", "smtp+plain": "smtp"}

BATCH = 50
"""Recipients of one connection; a relay has to take 100 (RFC 5321 4.5.3.1.8)."""

AHEAD = 5
"""Recipients of the connection that goes ahead, where there are more than fit into one."""

CONNECTIONS = 5
"""At the same time: half of what relays let one client have."""


def check(route: Route) -> None:
    """See `Kind.check`."""
    found = _parse(route.url)
    if found.password is not None:
        raise ValueError('"url" must hold no password: secret = { file = "…" } does')
    if found.scheme == "smtp+plain" and not is_this_machine(found.hostname or ""):
        raise ValueError("smtp+plain is for this machine alone; others get smtps or smtp")
    if bool(found.username) != bool(route.secret):
        raise ValueError("a user needs a secret, and a secret needs a user: smtps://USER@HOST")
    if not route.sender or not route.to:
        raise ValueError('mail needs "sender", and "to" or "to_file"')
    envelope(route.sender)


def _parse(url: str) -> SplitResult:
    """Raises ValueError, without what it found in there."""
    found = urlsplit(url)
    try:
        is_right = bool(found.hostname) and found.port != 0
    except ValueError:
        is_right = False
    if not is_right or found.path.strip("/") or found.query or found.fragment:
        raise ValueError('"url" must be smtps://USER@HOST:PORT, and nothing behind it') from None
    return found


def host(route: Route) -> str:
    """See `Kind.host`."""
    return urlsplit(route.url).hostname or ""


async def send(
    message: Message, route: Route, secret: Credentials, *, deadline: float
) -> dict[str, Fate]:
    """See `Kind.send`.

    The first connection goes ahead: where it does not get as far as the recipients, the others
    would fare alike, and several wrong logins at once lock an account.
    """
    from app.notices.mail import compose
    from checks.relay import Handed, hand_over

    found = urlsplit(route.url)
    user = unquote(found.username or "")
    login = Credentials(user, secret.reveal()) if user else None
    port = found.port or PORTS[found.scheme]
    door = target(route, ABOUT[found.scheme], found.hostname or "", port)
    ends = asyncio.get_running_loop().time() + deadline
    gate = asyncio.Semaphore(CONNECTIONS)

    async def hand(recipients: Sequence[str]) -> Handed:
        async with gate:
            left = ends - asyncio.get_running_loop().time()
            mail = compose(message, route, recipients)
            handed = await hand_over(door, mail, login, deadline=left)
        written = dict(zip(mail.recipients, recipients, strict=True))
        return Handed({written[one]: fate for one, fate in handed.fates.items()}, handed.stopped)

    first, *others = _batches(message.recipients)
    ahead = await hand(first)
    if ahead.stopped:
        rest = (one for batch in others for one in batch)
        return ahead.fates | dict.fromkeys(rest, ahead.stopped)
    handed = [ahead, *await asyncio.gather(*map(hand, others))]
    return {one: fate for batch in handed for one, fate in batch.fates.items()}


def _batches(recipients: Sequence[str]) -> list[Sequence[str]]:
    """Those apart that not every relay can carry (RFC 6531)."""
    simple = [one for one in recipients if one.rpartition("@")[0].isascii()]
    others = [one for one in recipients if one not in simple]
    ahead = AHEAD if len(simple) > BATCH else 0
    parts = (simple[:ahead], simple[ahead:], others)
    return [some[start : start + BATCH] for some in parts for start in range(0, len(some), BATCH)]
