"""What a host's logs say."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from checks.facts.queue import Reason


class LogKind(Struct, frozen=True, tag=True):
    """A known kind of trouble in a host's logs, such as ``log.postfix.deferred``.

    `count` is over all that was read; `recent` are those of the last minutes that nothing has ended
    since. Of these, where there are any, are the rest: `users`, `domains` and `hosts` named most
    often, `last`, and `example`, the latest line.
    """

    code: str
    meaning: str
    count: int
    recent: int
    first: datetime
    last: datetime
    users: tuple[Reason, ...] = ()
    domains: tuple[Reason, ...] = ()
    hosts: tuple[Reason, ...] = ()
    example: str = ""


class LogShape(Struct, frozen=True, tag=True):
    """Messages that are alike but for names and numbers; `code` is empty where none is known."""

    program: str
    text: str
    count: int
    first: datetime
    last: datetime
    code: str = ""
    example: str = ""


class LostMail(Struct, frozen=True, tag=True):
    """A recipient that a message was given up for: bounced, expired or thrown away."""

    at: datetime
    recipient: str
    sender: str = ""
    queue_id: str = ""
    reason: str = ""
    code: str = ""


class LogFacts(Struct, frozen=True, tag=True):
    """What a host's logs say, between `since` and `until`.

    `kinds` are the known troubles, the gravest first; `shapes` all that sounds like trouble, the
    latest to begin first. `lost` are the latest of `lost_count`. `lines` is how many were looked
    at; `cut` says what was left out.
    """

    since: datetime
    until: datetime
    sources: tuple[str, ...] = ()
    lines: int = 0
    kinds: tuple[LogKind, ...] = ()
    shapes: tuple[LogShape, ...] = ()
    lost: tuple[LostMail, ...] = ()
    lost_count: int = 0
    last_login: datetime | None = None
    last_delivery: datetime | None = None
    cut: str = ""
