"""Prometheus' Alertmanager, API v2: ``/api/v2/alerts`` (openapi.yaml of prometheus/alertmanager).

What it calls *active* rings somebody; what is silenced or inhibited does not, and is told too: a
silence at 03:10 may be planned work.
"""

from __future__ import annotations

from msgspec import Struct

from checks.outside._service import Service
from checks.outside._told import Told, places, severity
from checks.when import from_iso


class _Status(Struct, frozen=True, rename="camel"):
    state: str = "active"
    silenced_by: list[str] = []


class _Alert(Struct, frozen=True, rename="camel"):
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    starts_at: str = ""
    status: _Status = _Status()


async def ask(service: Service) -> list[Told]:
    """Its alerts. Raises Blind, TimeoutError."""
    return [_told(alert) for alert in await service.get("/api/v2/alerts", list[_Alert])]


def _told(alert: _Alert) -> Told:
    # Prometheus says as startsAt when the alert began to fire, after its `for`.
    fired = from_iso(alert.starts_at)
    note = ""
    if alert.status.state == "suppressed":
        note = "silenced" if alert.status.silenced_by else "inhibited"
    return Told(
        name=alert.labels.get("alertname", "alert"),
        places=places(alert.labels),
        severity=severity(alert.labels),
        since=fired,
        fired=fired,
        summary=summary(alert.annotations),
        note=note,
    )


def summary(annotations: dict[str, str]) -> str:
    """What the rule's author wrote for people."""
    found = (annotations.get(name) for name in ("summary", "description", "message"))
    return next(filter(None, found), "")
