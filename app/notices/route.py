"""A way that notices go, and what goes it: frozen values, no I/O.

How it fared is a `Delivery` of the incident log (`app.incident.kinds`): accepted, refused or
unknown, as in `checks.fate`. What is unknown is never sent again unasked.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from checks.resolver import Resolver
from checks.secret import Secret
from checks.text import visible

SUBJECT_LIMIT, LINE_LIMIT = 200, 5000
"""Characters of a subject, and of a line of the text."""


class Route(Struct, frozen=True, kw_only=True):
    """``[[route]]``: `kind` names its module in `app.notices.routes`.

    `url` says where, with ``{secret}`` where the secret belongs, if it belongs into the URL at all.
    `to` are the recipients of a route by mail; other routes reach whom they reach. `address` is
    where the URL's host is, for when no resolver answers. With `login_by_mail` its readers can't
    log in without mail. `test_to` get what is only a test, in place of `to`. `push` is a command
    that carries a status page to where it is read, `zone` whose times stand on it.
    """

    name: str
    kind: str
    audience: tuple[str, ...]
    url: str
    resolver: Resolver
    secret: Secret | None = None
    sender: str = ""
    to: tuple[str, ...] = ()
    body: str = ""
    address: str = ""
    ca_file: str = ""
    login_by_mail: bool = False
    test_to: tuple[str, ...] = ()
    push: tuple[str, ...] = ()
    zone: str = ""


class Message(Struct, frozen=True, kw_only=True):
    """A text for an audience.

    `notice` is its id: to the same recipients on the same route it goes once. `recipients` are
    those of the route's `to` that get it, all where it is empty. `phase`, `incident` and `severity`
    are for routes that keep a state of their own, such as pagers; `components` for a status page.
    """

    notice: str
    subject: str
    text: str
    audience: tuple[str, ...]
    recipients: tuple[str, ...] = ()
    phase: str = ""
    incident: str = ""
    severity: str = ""
    components: dict[str, str] = {}
    is_test: bool = False


def harmless(message: Message) -> Message:
    """`message` as it may reach a terminal, a header or a chat: its texts come from many sides."""
    lines = (visible(line, LINE_LIMIT) for line in message.text.split("\n"))
    subject = visible(message.subject, SUBJECT_LIMIT)
    return replace(message, subject=subject, text="\n".join(lines).rstrip())
