"""How often people hear of an outage, by its severity: ``[notices]``.

The defaults are those of PagerDuty's guide (every 20 minutes in the first two hours of a SEV1), and
of half an hour, doubled with each severity, after and below that.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from msgspec import Struct

from checks.model import Severity

MINUTE, HOUR = 60.0, 3600.0

EVERY: Mapping[str, float] = {
    Severity.SEV1.value: HOUR / 2,
    Severity.SEV2.value: HOUR,
    Severity.SEV3.value: 2 * HOUR,
    Severity.SEV4.value: 4 * HOUR,
}
"""Seconds from one notice to the next."""


class Rhythm(Struct, frozen=True, kw_only=True):
    """Seconds. `first` counts from opening; `urgent` is the pause in a SEV1's first `urgent_for`.

    `every` holds the pause of each severity that has another one than `EVERY`.
    """

    first: float = 5 * MINUTE
    urgent: float = 20 * MINUTE
    urgent_for: float = 2 * HOUR
    every: dict[str, float] = {}

    def pause(self, severity: str, age: timedelta) -> timedelta:
        """From a notice to the next, when the incident is of that age.

        A severity that is not known counts as the second.
        """
        if severity == Severity.SEV1.value and age.total_seconds() < self.urgent_for:
            return timedelta(seconds=self.urgent)
        known = {**EVERY, **self.every}
        return timedelta(seconds=known.get(severity, known[Severity.SEV2.value]))


RHYTHM = Rhythm()
"""What counts where the config says nothing else."""
