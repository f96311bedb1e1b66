"""Nagios Core 4: ``statusjson.cgi``, or the status file itself where somebody lets us read it.

https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/. The CGI answers 200 to
everything; a user who may see nothing is told that there is nothing, so that is believed only of
one who is shown any host at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from msgspec import Struct

from checks.outside._service import TOO_MUCH, Babbles, Denied, Refuses, Service, decoded
from checks.outside._told import Told, moment
from checks.text import visible

COUNT = 250
"""Most hosts, and most services, that are listed: what is not well, 1.3 kB each."""

SERVICE_SEVERITY = {4: "warning", 8: "warning", 16: "critical"}
"""The CGI's bits (cgiutils.h) for WARNING, UNKNOWN and CRITICAL."""

FILE_STATES = {1: 4, 2: 16, 3: 8}
"""The status file's states of a service, and those bits."""

HARD = 1

A = TypeVar("A", bound="_Answer")


class _Result(Struct, frozen=True):
    type_code: int
    message: str = ""


class _Answer(Struct, frozen=True):
    result: _Result


class _State(Struct, frozen=True):
    """A host or service; times are milliseconds here, and seconds in the status file."""

    status: int = 0
    plugin_output: str = ""
    state_type: int = HARD
    last_state_change: float = 0
    last_hard_state_change: float = 0
    problem_has_been_acknowledged: bool = False
    scheduled_downtime_depth: int = 0


class _Hosts(Struct, frozen=True):
    hostlist: dict[str, _State]


class _Services(Struct, frozen=True):
    servicelist: dict[str, dict[str, _State]]


class _Count(Struct, frozen=True):
    count: dict[str, int]


class _HostsAnswer(_Answer, frozen=True):
    data: _Hosts


class _ServicesAnswer(_Answer, frozen=True):
    data: _Services


class _CountAnswer(_Answer, frozen=True):
    data: _Count


async def ask(service: Service) -> list[Told]:
    """Its hosts that are down and services that are not OK. Raises Blind, TimeoutError."""
    listed = f"details=true&start=0&count={COUNT}"
    hosts = await _get(
        service, f"query=hostlist&{listed}&hoststatus=down+unreachable", _HostsAnswer
    )
    services = await _get(
        service,
        f"query=servicelist&{listed}&servicestatus=warning+critical+unknown",
        _ServicesAnswer,
    )
    told = [_host(name, state) for name, state in hosts.data.hostlist.items()]
    for host, states in services.data.servicelist.items():
        told += [_service(host, name, state) for name, state in states.items()]
    if not told:
        counted = await _get(service, "query=hostcount", _CountAnswer)
        if not sum(counted.data.count.values()):
            raise Denied("it shows this user no host at all")
    return told


async def _get(service: Service, question: str, shape: type[A]) -> A:
    answer = await service.answer(f"?{question}")
    if answer.is_cut:
        raise Babbles(TOO_MUCH)
    refused = decoded(answer.body, _Answer).result
    if refused.type_code:
        raise Refuses(f"it does not take the question: {visible(refused.message, 160)}")
    return decoded(answer.body, shape)


def _host(name: str, state: _State) -> Told:
    return _told(state, "host down", name, "critical")


def _service(host: str, name: str, state: _State) -> Told:
    return _told(state, name, host, SERVICE_SEVERITY.get(state.status, "warning"))


def _told(state: _State, name: str, host: str, severity: str) -> Told:
    note = ""
    if state.scheduled_downtime_depth:
        note = "in downtime"
    elif state.problem_has_been_acknowledged:
        note = "acknowledged"
    elif state.state_type != HARD:
        note = "not confirmed"
    return Told(
        name=name,
        places=(host,),
        severity=severity,
        since=moment(state.last_state_change / 1000),
        fired=moment(state.last_hard_state_change / 1000) if state.state_type == HARD else None,
        summary=state.plugin_output,
        note=note,
    )


# The status file


def parse(content: bytes) -> list[Told]:
    r"""What is not well in a status file. Raises Babbles.

    >>> parse(b"hoststatus {\n\thost_name=mail1\n\tcurrent_state=1\n\t}\n")[0].places
    ('mail1',)
    """
    told, hosts = [], 0
    for kind, values in _blocks(content.decode("utf-8", "backslashreplace")):
        hosts += kind == "hoststatus"
        state = _number(values, "current_state")
        if state:
            host, name = values.get("host_name", ""), values.get("service_description", "")
            found = _from_file(values, FILE_STATES.get(int(state), 8))
            told.append(_service(host, name, found) if name else _host(host, found))
    if not hosts:
        raise Babbles("it is no status file, or one without any host")
    return told


def _blocks(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """``servicestatus {``, lines of ``key=value``, ``}``: those of hosts and services."""
    kind, values = "", dict[str, str]()
    for line in text.split("\n"):
        word = line.strip()
        if line.endswith("status {"):
            kind, values = line.removesuffix(" {"), {}
        elif word == "}":
            if kind in ("hoststatus", "servicestatus"):
                yield kind, values
            kind = ""
        elif kind:
            key, _, value = word.partition("=")
            values[key] = value


def _from_file(values: Mapping[str, str], status: int) -> _State:
    return _State(
        status=status,
        plugin_output=values.get("plugin_output", ""),
        state_type=int(_number(values, "state_type", HARD)),
        last_state_change=_number(values, "last_state_change") * 1000,
        last_hard_state_change=_number(values, "last_hard_state_change") * 1000,
        problem_has_been_acknowledged=bool(_number(values, "problem_has_been_acknowledged")),
        scheduled_downtime_depth=int(_number(values, "scheduled_downtime_depth")),
    )


def _number(values: Mapping[str, str], key: str, otherwise: int = 0) -> int:
    value = values.get(key, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else otherwise
