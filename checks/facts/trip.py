"""What became of test mail."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Rung(Struct, frozen=True, tag=True):
    """A step on the way of a message. `side` is send, deliver or read.

    `status` is passed, poor (it works, and not as it should), broken, or unknown: not reached.
    """

    name: str
    side: str
    status: str = "unknown"
    duration: float | None = None
    text: str = ""


class Hop(Struct, frozen=True, tag=True):
    """A Received field: who took the message, how and when, and how long after the one before.

    `at` is None where the date makes no sense; a `delay` below zero says that clocks differ.
    """

    by: str
    protocol: str = ""
    at: datetime | None = None
    delay: float | None = None


class RoundTripFacts(Struct, frozen=True, tag=True):
    """The way of a test message: its rungs from the first to the last, and its hops.

    `sent_at` and what follows are the latest message's, `took` is None while it is under way.
    `waiting` counts the messages that have not arrived, `lost` those that are given up.
    """

    rungs: tuple[Rung, ...]
    hops: tuple[Hop, ...] = ()
    sent_at: datetime | None = None
    took: float | None = None
    queue_id: str = ""
    folder: str = ""
    waiting: int = 0
    lost: int = 0

    @property
    def broken(self) -> Rung | None:
        """The first rung that is broken."""
        return next((rung for rung in self.rungs if rung.status == "broken"), None)
