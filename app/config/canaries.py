"""From ``[[canary]]`` tables to canaries: whose services they use, and where their secrets are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from app.config.decode import Problems, name_of
from app.config.rules import nearest, quoted
from app.config.secret_files import beside
from app.config.tables import CanaryTable
from checks.model import SERVICE_PORTS, Canary, Host, System, Target, split_service

SUBMISSION = ("submission", "smtps")
IMAP = ("imaps", "imap")
"""The services that will do, the better one first where a host offers both."""


def canaries(
    tables: Sequence[CanaryTable], system: System, problems: Problems
) -> tuple[Canary, ...]:
    """The canary of each table that names hosts of `system`; the others are problems."""
    hosts = {host.name: host for host in system.hosts}
    written = problems.source.document.get("canary", [])
    made = []
    for table in tables:
        index = [name_of(one) for one in written].index(table.address)
        targets = [
            _target(getattr(table, key), among, hosts, system)
            for key, among in (("submission", SUBMISSION), ("imap", IMAP))
        ]
        for key, target in zip(("submission", "imap"), targets, strict=True):
            if target is None:
                name = getattr(table, key).partition(":")[0]
                text = f'"{key}": no [[host]] is called {quoted(name)}{nearest(name, hosts)}'
                problems.add(("canary", index, key), text)
        submission, imap = targets
        if submission and imap:
            made.append(_canary(table, submission, imap, problems.source.path))
    return tuple(made)


def _canary(table: CanaryTable, submission: Target, imap: Target, config: Path) -> Canary:
    return Canary(
        address=table.address,
        user=table.user or table.address,
        password=beside(table.password, config),
        submission=submission,
        imap=imap,
    )


def _target(
    written: str, among: tuple[str, ...], hosts: Mapping[str, Host], system: System
) -> Target | None:
    """The service that ``host`` or ``host:port`` means; None when there is no such host."""
    name, _, port = written.partition(":")
    host = hosts.get(name)
    if host is None:
        return None
    service, number = _service(host, among, int(port or 0))
    return Target(
        name=f"{host.name}:{number}",
        about=service,
        address=host.address,
        port=number,
        host=host,
        resolver=system.resolver,
    )


def _service(host: Host, among: tuple[str, ...], port: int) -> tuple[str, int]:
    """The best of `among` that the host offers, on `port` unless that is 0.

    What the host does not list is taken for the one that usually has this port, else for the one
    that begins in clear and goes on under TLS.
    """
    offered = dict(reversed([*map(split_service, host.services)]))
    if not port:
        for service in among:
            if service in offered:
                return service, offered[service]
        return among[0], SERVICE_PORTS[among[0]]
    by_port = {number: service for service, number in offered.items() if service in among}
    usual = {SERVICE_PORTS[service]: service for service in among}
    in_clear = next(service for service in among if not service.endswith("s"))
    return by_port.get(port) or usual.get(port) or in_clear, port
