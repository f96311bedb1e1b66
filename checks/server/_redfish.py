"""Redfish (DSP0266): a handful of GETs on one connection. What a vendor leaves out is not there."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import msgspec

from checks import connect, http
from checks.facts import PowerFacts, Sensor
from checks.model import Power, Target
from checks.phases import Phases
from checks.reveal import reveal
from checks.server._bmc import (
    POWER_STATES,
    Babbles,
    Blind,
    Denied,
    NoSuchSystem,
    Untrusted,
)
from checks.text import visible
from checks.trust import CaFileError
from checks.url import parse

EVENTS = 10
"""Newest lines of the event log that are kept."""

SENSORS = 64
"""A large server has about fifty fans, temperatures and supplies."""

HEALTH = {"OK": "ok", "Warning": "warning", "Critical": "critical"}


async def ask(target: Target, power: Power, phases: Phases, *, deadline: float) -> PowerFacts:
    """What the BMC at the target says. Raises Blind, TimeoutError."""
    url = parse(power.where)
    headers = {"Accept": "application/json"}
    secrets: tuple[str, ...] = ()
    if power.password is not None:
        secret = await reveal(power.password, deadline=deadline)
        basic = b64encode(f"{power.user}:{secret}".encode()).decode()
        headers["Authorization"] = f"Basic {basic}"
        secrets = (basic, secret)
    client = http.Client(
        target,
        phases,
        is_tls=url.is_tls,
        fingerprint=power.fingerprint,
        secrets=secrets,
        deadline=deadline,
    )
    try:
        return await _look(_Service(client, headers), url.path)
    except connect.NotConnected as error:
        raise Blind(str(error)) from error
    except (http.Untrusted, CaFileError) as error:
        raise Untrusted(str(error)) from error
    except (http.HttpError, OSError) as error:
        if isinstance(error, TimeoutError):
            raise
        raise Babbles(visible(str(error), 200)) from error
    finally:
        client.close()


class _Service:
    """Reads resources; only those of the server that it was sent to."""

    def __init__(self, client: http.Client, headers: dict[str, str]) -> None:
        self._client = client
        self._headers = headers

    async def get(self, path: str) -> dict[str, Any]:
        """The resource at `path`. Raises Blind."""
        answer = await self._client.ask(path, headers=self._headers)
        if answer.status in (401, 403):
            raise Denied(f"it refuses us: HTTP {answer.status}")
        if answer.status == 404:
            raise NoSuchSystem(f"nothing at {visible(path, 100)}")
        if answer.status != 200:
            where = answer.headers.get("location", "")
            raise Babbles(f"HTTP {answer.status}{' to ' if where else ''}{where}")
        if answer.is_cut:
            raise Babbles(f"more than {http.BODY_LIMIT} bytes")
        return _object(answer.body)

    async def linked(self, resource: dict[str, Any], *names: str) -> dict[str, Any]:
        """The resource that `resource` links to under these names; empty where there is none."""
        found: Any = resource
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
            if isinstance(found, list):
                found = found[0] if found else None
        path = found.get("@odata.id") if isinstance(found, dict) else None
        if not isinstance(path, str) or not path.startswith("/redfish/") or not path.isascii():
            return {}
        try:
            return await self.get(path)
        except (NoSuchSystem, Babbles):
            return {}


async def _look(service: _Service, path: str) -> PowerFacts:
    system = await service.get(path)
    if not isinstance(system.get("PowerState"), str):
        raise Babbles("no PowerState in what it says of the system")
    chassis = await service.linked(system, "Links", "Chassis")
    thermal = await service.linked(chassis, "Thermal")
    supply = await service.linked(chassis, "Power")
    services = await service.linked(system, "LogServices")
    log = await service.linked(await service.linked(services, "Members"), "Entries")
    state = visible(system["PowerState"], 32)
    return PowerFacts(
        state=POWER_STATES.get(state.lower(), "unknown"),
        said=state,
        health=_health(system),
        sensors=(*_sensors(thermal, supply),)[:SENSORS],
        events=tuple(map(_event, _list(log, "Members")))[:EVENTS],
    )


def _sensors(thermal: dict[str, Any], supply: dict[str, Any]) -> Iterator[Sensor]:
    """Fans, temperatures and supplies that are there."""
    for one in _list(thermal, "Fans"):
        unit = one.get("ReadingUnits")
        yield _sensor("fan", one, "Reading", f" {unit}" if isinstance(unit, str) else "")
    for one in _list(thermal, "Temperatures"):
        yield _sensor("temperature", one, "ReadingCelsius", "°C")
    for one in _list(supply, "PowerSupplies"):
        yield _sensor("supply", one, "LastPowerOutputWatts", " W")


def _sensor(kind: str, one: dict[str, Any], value: str, unit: str) -> Sensor:
    name = one.get("Name") or one.get("FanName") or one.get("MemberId") or kind
    reading = one.get(value)
    return Sensor(
        kind=kind,
        name=visible(str(name), 48),
        reading=visible(f"{reading:g}{unit}", 32) if isinstance(reading, int | float) else "",
        health=_health(one),
    )


def _health(resource: dict[str, Any]) -> str:
    """The roll-up where there is one: it counts the parts, too."""
    status = resource.get("Status")
    if not isinstance(status, dict):
        return ""
    said = status.get("HealthRollup") or status.get("Health")
    return HEALTH.get(said, "") if isinstance(said, str) else ""


def _event(entry: dict[str, Any]) -> str:
    parts = (entry.get(name) for name in ("Created", "Severity", "Message"))
    return visible(" ".join(part for part in parts if isinstance(part, str)), 200)


def _list(resource: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = resource.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise Babbles("its answer is no JSON") from error
    if not isinstance(found, dict):
        raise Babbles("its answer is no JSON object")
    return found
