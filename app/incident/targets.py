"""How fast an outage should be dealt with, by its severity: ``[targets.SEV1]`` and so on.

The defaults follow the first minutes of PagerDuty's guide (noticed, taken on and announced at five
minutes each), counted from onset as everything is; they double or more with each severity.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct, structs

from checks.model import Severity

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


class Targets(Struct, frozen=True, kw_only=True):
    """Seconds from onset until each milestone; None is no target."""

    detect: float | None = None
    acknowledge: float | None = None
    notice: float | None = None
    mitigate: float | None = None
    resolve: float | None = None

    def over(self, other: Targets) -> Targets:
        """These, and those of `other` where these have none."""
        return Targets(**{**structs.asdict(other), **self._given()})

    def _given(self) -> dict[str, float]:
        return {name: value for name, value in structs.asdict(self).items() if value is not None}


TARGETS: Mapping[str, Targets] = MappingProxyType(
    {
        Severity.SEV1.value: Targets(
            detect=5 * MINUTE,
            acknowledge=10 * MINUTE,
            notice=15 * MINUTE,
            mitigate=HOUR,
            resolve=4 * HOUR,
        ),
        Severity.SEV2.value: Targets(
            detect=10 * MINUTE,
            acknowledge=20 * MINUTE,
            notice=30 * MINUTE,
            mitigate=2 * HOUR,
            resolve=8 * HOUR,
        ),
        Severity.SEV3.value: Targets(
            detect=30 * MINUTE, acknowledge=HOUR, notice=2 * HOUR, mitigate=8 * HOUR, resolve=DAY
        ),
        Severity.SEV4.value: Targets(
            detect=HOUR, acknowledge=4 * HOUR, mitigate=DAY, resolve=3 * DAY
        ),
    }
)
"""What counts where the config says nothing else."""
