"""Mail that waits."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

AGES = (5, 10, 20, 40, 80, 160, 320, 640, 1280)
"""Minutes at which the buckets of qshape(1) end; a last one holds all that is older."""


class Reason(Struct, frozen=True, tag=True):
    """Why messages are deferred, and how many recipients it holds up.

    `family` is the enhanced status code (RFC 3463) or empty.
    """

    text: str
    count: int
    family: str = ""


class Patience(Struct, frozen=True, tag=True):
    """How long the MTA goes on trying, in seconds; None where it says nothing about it.

    `delay_notice`: from when on senders are told that their mail waits. `lifetime`: when it is
    returned to them. `retry`: the longest that a message waits for its next try.
    """

    delay_notice: float | None = None
    lifetime: float | None = None
    retry: float | None = None


class QueueFacts(Struct, frozen=True, tag=True):
    """A mail queue in sum, of one or several instances of an MTA on a host.

    `oldest` is the arrival of the oldest message that can be delivered, `ages` counts those in the
    buckets of `AGES`. `frozen` are Exim's that need a person, counted in `hold` too. `arrivals` and
    `departures` are messages a minute that came to wait and that no longer do.
    """

    active: int = 0
    deferred: int = 0
    hold: int = 0
    incoming: int = 0
    oldest: datetime | None = None
    reasons: tuple[Reason, ...] = ()
    senders: tuple[Reason, ...] = ()
    domains: tuple[Reason, ...] = ()
    frozen: int = 0
    ages: tuple[int, ...] = ()
    arrivals: float | None = None
    departures: float | None = None
    patience: Patience | None = None

    @property
    def total(self) -> int:
        """All messages in the queue."""
        return self.active + self.deferred + self.hold + self.incoming

    @property
    def drained_in(self) -> float | None:
        """Seconds until nothing waits any more, if all goes on as it does; None if it does not."""
        if self.arrivals is None or self.departures is None or self.departures <= self.arrivals:
            return None
        return (self.total - self.hold) / (self.departures - self.arrivals) * 60


class Waiting(Struct, frozen=True, gc=False):
    """A message of a queue, as a list has it: its first recipient, how many more, why it waits.

    `arrived` is in seconds of our clock's epoch, by the host's clock.
    """

    queue_id: str
    queue: str
    arrived: int
    size: int
    sender: str
    recipient: str
    others: int
    reason: str
