"""Icinga 2: the objects of its API that are not well.

https://icinga.com/docs/icinga-2/latest/doc/12-icinga2-api/. The user needs
``objects/query/Host`` and ``objects/query/Service``. One whose permission has a filter is told
that all is well, so that is believed only of a user who is shown any host at all.
"""

from __future__ import annotations

from urllib.parse import urlencode

from msgspec import Struct

from checks.outside._service import Denied, Service, decoded
from checks.outside._told import Told, moment

ATTRIBUTES = (
    "name",
    "state",
    "state_type",
    "last_state_change",
    "last_hard_state_change",
    "acknowledgement",
    "downtime_depth",
    "last_check_result",
)

SERVICE_ALSO = (("attrs", "display_name"), ("attrs", "host_name"), ("joins", "host.address"))

HARD = 1

SERVICE_SEVERITY = {1: "warning", 2: "critical", 3: "warning"}

GLANCE = 4096
"""Bytes of the list of all hosts that are read to see that there are any."""

EMPTY = 32
"""Bytes; the answer that holds nothing is ``{"results":[]}``."""


class _Check(Struct, frozen=True):
    output: str = ""


class _Attributes(Struct, frozen=True):
    name: str = ""
    display_name: str = ""
    host_name: str = ""
    address: str = ""
    state: float = 0
    state_type: float = HARD
    last_state_change: float = 0
    last_hard_state_change: float = 0
    acknowledgement: float = 0
    downtime_depth: float = 0
    last_check_result: _Check | None = None


class _Joined(Struct, frozen=True):
    address: str = ""


class _Joins(Struct, frozen=True):
    host: _Joined = _Joined()


class _Object(Struct, frozen=True):
    attrs: _Attributes
    joins: _Joins = _Joins()


class _Objects(Struct, frozen=True):
    results: list[_Object]


async def ask(service: Service) -> list[Told]:
    """Its hosts that are down and services that are not OK. Raises Blind, TimeoutError."""
    hosts = await _not_well(service, "host", ("attrs", "address"))
    services = await _not_well(service, "service", *SERVICE_ALSO)
    if not hosts and not services:
        seen = await service.answer("/v1/objects/hosts?attrs=name", limit=GLANCE)
        if len(seen.body) < EMPTY:
            decoded(seen.body, _Objects)
            raise Denied("it shows this user no host at all")
    return [*map(_host, hosts), *map(_service, services)]


async def _not_well(service: Service, kind: str, *more: tuple[str, str]) -> list[_Object]:
    question = [*(("attrs", name) for name in ATTRIBUTES), *more]
    question.append(("filter", f"{kind}.state!=0"))
    path = f"/v1/objects/{kind}s?{urlencode(question)}"
    return (await service.get(path, _Objects)).results


def _host(one: _Object) -> Told:
    return _told(one, "host down", (one.attrs.name, one.attrs.address), "critical")


def _service(one: _Object) -> Told:
    name = one.attrs.display_name or one.attrs.name
    about = (one.attrs.host_name, one.joins.host.address)
    return _told(one, name, about, SERVICE_SEVERITY.get(int(one.attrs.state), "warning"))


def _told(one: _Object, name: str, about: tuple[str, ...], severity: str) -> Told:
    attrs = one.attrs
    hard = moment(attrs.last_hard_state_change) if attrs.state_type == HARD else None
    note = ""
    if attrs.downtime_depth:
        note = "in downtime"
    elif attrs.acknowledgement:
        note = "acknowledged"
    elif attrs.state_type != HARD:
        note = "not confirmed"
    return Told(
        name=name,
        places=tuple(filter(None, about)),
        severity=severity,
        since=moment(attrs.last_state_change) or hard,
        fired=hard,
        summary=attrs.last_check_result.output if attrs.last_check_result else "",
        note=note,
    )
