"""How the mail itself fared, in figures: what the chart of a report is drawn from."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct

from app.incident.kinds._data import Data
from checks.when import span


class QueueSize(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The messages in the queue of a host; `oldest` is the age in seconds of the oldest one."""

    host: str
    active: int = 0
    deferred: int = 0
    hold: int = 0
    incoming: int = 0
    oldest: float = 0.0

    @property
    def total(self) -> int:
        """All messages in the queue."""
        return self.active + self.deferred + self.hold + self.incoming

    def line(self) -> str:
        """It in words."""
        parts = [
            f"{name} {getattr(self, name):,}"
            for name in ("active", "deferred", "hold", "incoming")
            if getattr(self, name)
        ]
        if self.oldest:
            parts.append(f"oldest {span(self.oldest)}")
        return f"queue of {self.host}: {self.total:,}" + (f" ({', '.join(parts)})" if parts else "")


class Measured(Data, frozen=True, tag="measured"):
    """The queues at this moment. A queue that could not be read is left out, never counted as 0."""

    IS_AUTO: ClassVar[bool] = True

    queues: tuple[QueueSize, ...] = ()

    @property
    def total(self) -> int:
        """The messages in all of them."""
        return sum(queue.total for queue in self.queues)

    def lines(self) -> list[str]:
        """It in words."""
        return [queue.line() for queue in self.queues]
