"""Whatever Apprise knows (the extra ``mailmedic[apprise]``): ``apprise:{secret}``.

Apprise talks in threads that can't be ended, and one that gets a byte a second never ends: it runs
as a child with a hard deadline, and gets its URL on standard input.
"""

from __future__ import annotations

import sys

import msgspec

from app.notices.route import Message, Route
from app.notices.routes._child import run
from checks.fate import Fate
from checks.secret import Credentials

SCHEMES = ("apprise",)
TAKES = frozenset({"secret"})

PLACE = "{secret}"

CHILD = (sys.executable, "-P", "-m", "app.notices.routes._apprise")

SENT, NOT_SENT, NO_URL, ABSENT = 0, 1, 2, 4
"""How the child ends."""

ENDS = {
    f"exit status {NOT_SENT}": Fate("unknown", "Apprise did not send it, and does not say why"),
    f"exit status {NO_URL}": Fate("refused", "Apprise knows no such URL"),
    f"exit status {ABSENT}": Fate(
        "refused", "Apprise is not installed: pip install 'mailmedic[apprise]'"
    ),
}


class Errand(msgspec.Struct):
    """What the child reads."""

    url: str
    title: str
    body: str


def check(route: Route) -> None:
    """See `Kind.check`."""
    if not route.url.partition(":")[2] or (PLACE in route.url) != bool(route.secret):
        raise ValueError(f'"url" must be apprise:{PLACE}, with secret = {{ file = "…" }}')


def host(route: Route) -> str:  # noqa: ARG001
    """See `Kind.host`: Apprise alone knows."""
    return ""


async def send(
    message: Message, route: Route, secret: Credentials, *, deadline: float
) -> dict[str, Fate]:
    """See `Kind.send`. Of what the child prints nothing is shown: it may hold parts of the URL."""
    url = route.url.partition(":")[2].replace(PLACE, secret.reveal())
    errand = msgspec.json.encode(Errand(url, message.subject, message.text)).decode()
    fate = await run(CHILD, errand, {}, deadline=deadline)
    if fate.outcome == "accepted":
        return {"": Fate("accepted", "Apprise has sent it")}
    broken = Fate("unknown", "Apprise broke down" if fate.proof else fate.reply)
    return {"": ENDS.get(fate.proof, broken)}
