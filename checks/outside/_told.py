"""An alert as a monitor tells it: not yet known whether it is about anything of ours. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import Struct

PLACES = (
    "instance",
    "host",
    "hostname",
    "host_name",
    "fqdn",
    "nodename",
    "node",
    "server",
    "target",
    "address",
    "ip",
    "domain",
)
"""Labels that say what an alert is about, as exporters and rules of the field call them."""

CRITICAL = frozenset({"critical", "crit", "page", "error", "major", "high", "fatal", "emergency"})
INFO = frozenset({"info", "information", "informational", "none", "ok", "debug"})


class Told(Struct, frozen=True, kw_only=True):
    """One alert; `places` are what it may be about. Texts are as they came, except for `note`."""

    name: str
    places: tuple[str, ...]
    severity: str = "warning"
    since: datetime | None = None
    fired: datetime | None = None
    summary: str = ""
    note: str = ""


def places(labels: Mapping[str, str]) -> tuple[str, ...]:
    """What the labels say it is about, the likeliest first."""
    return tuple(labels[name] for name in PLACES if labels.get(name))


def severity(labels: Mapping[str, str]) -> str:
    """What the label of that name means; without one, or with one of the house's own, a warning."""
    said = labels.get("severity", "").strip().lower()
    return "critical" if said in CRITICAL else "info" if said in INFO else "warning"


def moment(seconds: float) -> datetime | None:
    """Seconds since 1970; None for 0, which monitors write where there is no such time."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (OverflowError, OSError, ValueError):
        return None
