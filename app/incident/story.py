"""What there is to tell of an incident: its entries and whatever a report reads beside them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from functools import cached_property
from typing import TypeVar

from msgspec import Struct

from app.incident.chain import Verified, verify
from app.incident.entry import Entry
from app.incident.kinds import Measured
from app.incident.log import IncidentLog
from app.incident.metrics import NO_TARGETS, Measure, measures
from app.incident.situation import Situation, situation
from app.incident.targets import TARGETS, Targets
from app.sop.procedure import Step

T = TypeVar("T")


class Story(Struct, frozen=True, kw_only=True, dict=True):
    """An incident, its entries in order, and whether its chain is whole.

    `steps` is the procedure that was followed. `zone` is whose times are printed, None that of
    this machine. `is_masked` says that addresses were taken out, so that the hashes are not those
    of what is printed.
    """

    id: str
    entries: tuple[Entry, ...]
    verified: Verified
    steps: tuple[Step, ...] = ()
    targets: Mapping[str, Targets] = TARGETS
    zone: tzinfo | None = None
    is_masked: bool = False

    @property
    def title(self) -> str:
        """What the incident was opened as."""
        return self.situation.title

    @property
    def head(self) -> str:
        """The last entry's number and hash."""
        last = self.entries[-1] if self.entries else None
        return f"{last.n}:{last.hash}" if last else "none, the log is empty"

    def all(self, kind: type[T]) -> list[tuple[Entry, T]]:
        """The entries of that kind, with their data."""
        return [(entry, entry.data) for entry in self.entries if isinstance(entry.data, kind)]

    @cached_property
    def waiting(self) -> tuple[tuple[datetime, int], ...]:
        """Messages in all queues, by time. A queue that can't be read counts as last seen."""
        sizes: dict[str, int] = {}
        found = []
        for entry, data in self.all(Measured):
            sizes |= {queue.host: queue.total for queue in data.queues}
            found.append((entry.at, sum(sizes.values())))
        return tuple(found)

    @cached_property
    def situation(self) -> Situation:
        """What its entries add up to."""
        return situation(self.id, self.entries)

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """The times that matter, against the targets of its severity."""
        return measures(self.entries, self.targets.get(self.situation.severity, NO_TARGETS))


def tell(
    log: IncidentLog, steps: tuple[Step, ...] = (), targets: Mapping[str, Targets] = TARGETS
) -> Story:
    """The story of `log` as it is now. Raises LogError."""
    verified = verify(log.content())
    return Story(id=log.id, entries=log.entries, verified=verified, steps=steps, targets=targets)
