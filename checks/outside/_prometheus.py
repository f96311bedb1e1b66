"""Prometheus: what its rules say (``/api/v1/alerts``), and queries of the config's own.

https://prometheus.io/docs/prometheus/latest/querying/api/. A query answers what is wrong, as the
expression of an alert does: each series in its answer is one alert, without a time.
"""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from checks.outside._alertmanager import summary
from checks.outside._service import Babbles, Service, decoded
from checks.outside._told import Told, places, severity
from checks.when import from_iso


class _Alert(Struct, frozen=True, rename="camel"):
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    state: str = "firing"
    active_at: str = ""


class _Alerts(Struct, frozen=True):
    alerts: list[_Alert]


class _AlertsAnswer(Struct, frozen=True):
    data: _Alerts


class _Series(Struct, frozen=True):
    metric: dict[str, str]


class _Vector(Struct, frozen=True, rename="camel"):
    result_type: str
    result: msgspec.Raw


class _QueryAnswer(Struct, frozen=True):
    data: _Vector


async def ask(service: Service, queries: tuple[str, ...]) -> list[Told]:
    """Its alerts, then what each query finds. Raises Blind, TimeoutError."""
    answer = await service.get("/api/v1/alerts", _AlertsAnswer)
    told = [_told(alert) for alert in answer.data.alerts]
    for query in queries:
        told += await _found(service, query)
    return told


def _told(alert: _Alert) -> Told:
    is_firing = alert.state == "firing"
    return Told(
        name=alert.labels.get("alertname", "alert"),
        places=places(alert.labels),
        severity=severity(alert.labels),
        since=from_iso(alert.active_at),
        summary=summary(alert.annotations),
        note="" if is_firing else "not confirmed",
    )


async def _found(service: Service, query: str) -> list[Told]:
    path = "/api/v1/query?" + urlencode({"query": query})
    answer = await service.get(path, _QueryAnswer)
    if answer.data.result_type != "vector":
        raise Babbles(f"the query answers a {answer.data.result_type}, not series: {query}")
    return [
        Told(
            name=one.metric.get("alertname") or one.metric.get("__name__") or query,
            places=places(one.metric),
            severity=severity(one.metric),
            summary=query,
        )
        for one in decoded(bytes(answer.data.result), list[_Series])
    ]
