"""The config: TOML to a `System`, with errors that name file, line, table, key and the mend."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from app.config import rules
from app.config.canaries import canaries
from app.config.decode import Problems, decode, name_of
from app.config.monitors import monitors
from app.config.powers import power
from app.config.routes import routes
from app.config.rules import Rules, nearest, quoted
from app.config.source import ConfigError, Source
from app.config.tables import (
    RULES,
    CanaryTable,
    HostTable,
    Log,
    MonitorTable,
    Notices,
    RouteTable,
    Sop,
    SystemTable,
    VantageTable,
)
from app.incident.targets import TARGETS, Targets
from app.notices.contacts import Contact
from app.notices.route import Route
from checks import registry
from checks.diagnosis.severity import Severities
from checks.hosts.choose import login_from
from checks.model import CheckOptions, Host, System, Vantage
from checks.resolver import Resolver
from checks.text import visible

__all__ = ["Config", "ConfigError", "Log", "Notices", "load"]

Table = TypeVar("Table", bound=Struct)

ONE = ("system", "log", "notices", "sop", "check", "targets", "severity")
"""Tables written ``[so]``."""

MANY = ("host", "canary", "monitor", "vantage", "route", "contact")
"""Tables written ``[[so]]``, as often as there are such things."""

TARGET_RULES: Rules = dict.fromkeys(Targets.__struct_fields__, rules.target)

OPTION_RULES: Rules = {
    "interval": rules.seconds,
    "deadline": rules.seconds,
    "failure_threshold": rules.failures,
    "success_threshold": rules.successes,
}


class Config(Struct, frozen=True, kw_only=True):
    """What the operator has set; `sop` is the house's own procedure."""

    system: System
    path: Path | None = None
    checks: dict[str, CheckOptions] = {}
    routes: tuple[Route, ...] = ()
    contacts: tuple[Contact, ...] = ()
    notices: Notices = Notices()
    log: Log = Log()
    targets: Mapping[str, Targets] = TARGETS
    severities: Severities = Severities()
    sop: Path | None = None

    def options(self, kind: str) -> CheckOptions:
        """The options of that kind of check: its table, or its defaults.

        A check that keeps something (its options have a `folder`) keeps it in the state folder.
        """
        options = self.checks.get(kind) or registry.load(kind).Options()
        if self.log.folder and getattr(options, "folder", None) == "":
            options = replace(options, folder=self.log.folder)
        return options


def load(path: Path) -> Config:
    """The config at `path`. Raises ConfigError with all that is wrong with it."""
    source = Source(path)
    problems = Problems(source)
    _check_tables(source.document, problems)
    system = _one(SystemTable, "system", problems)
    hosts = _many(HostTable, "host", problems)
    mailboxes = _many(CanaryTable, "canary", problems)
    watchers = _many(MonitorTable, "monitor", problems)
    resolver = Resolver(system.resolver)
    notices = _one(Notices, "notices", problems)
    config = Config(
        system=_seen_from(
            _many(VantageTable, "vantage", problems),
            _system(system, resolver, hosts, mailboxes, watchers, problems),
        ),
        path=path,
        checks=_checks(problems),
        targets=_targets(problems),
        severities=_one(Severities, "severity", problems),
        contacts=tuple(_many(Contact, "contact", problems)),
        notices=notices,
        routes=routes(_many(RouteTable, "route", problems), resolver, notices.zone, problems),
        log=_one(Log, "log", problems),
        sop=path.parent / sop if (sop := _one(Sop, "sop", problems).file) else None,
    )
    if problems:
        raise problems.error()
    return config


def _check_tables(document: dict[str, Any], problems: Problems) -> None:
    for name in document:
        if name not in (*ONE, *MANY):
            problems.add((name,), f"unknown table {quoted(name)}{nearest(name, (*ONE, *MANY))}")
    if not document.get("host"):
        problems.add((), "there is no [[host]]; `mailmedic init DOMAIN` writes a config")


def _one(shape: type[Table], name: str, problems: Problems) -> Table:
    table = problems.source.document.get(name, {})
    return decode(table, shape, (name,), problems, RULES.get(shape)) or shape()


def _many(shape: type[Table], name: str, problems: Problems) -> list[Table]:
    """The tables of that name that are right, none named like one before it."""
    tables = problems.source.document.get(name, [])
    if not isinstance(tables, list):
        problems.add((name,), f"{quoted(name)} is written [[{name}]], with two brackets")
        return []
    found = []
    seen: dict[str, int] = {}
    for index, table in enumerate(tables):
        decoded = decode(table, shape, (name, index), problems, RULES[shape])
        if decoded is not None:
            found.append(decoded)
        key = (name_of(table) or "").lower()
        if key in seen:
            line = problems.source.line((name, seen[key]))
            problems.add((name, index), f"there is one of this name already, on line {line}")
        elif key:
            seen[key] = index
    return found


def _checks(problems: Problems) -> dict[str, CheckOptions]:
    """The options of each kind that has a table."""
    tables = problems.source.document.get("check", {})
    if not isinstance(tables, dict):
        problems.add(("check",), '"check" is written [check.KIND]')
        return {}
    kinds = registry.kinds() if tables else {}
    checks = {}
    for kind, table in tables.items():
        where = ("check", kind)
        if kind not in kinds:
            problems.add(where, f"no check is called {quoted(kind)}{nearest(kind, kinds)}")
            continue
        options = decode(table, registry.load(kind).Options, where, problems, OPTION_RULES)
        if options is not None:
            checks[kind] = options
    return checks


def _targets(problems: Problems) -> Mapping[str, Targets]:
    """The targets of each severity: what its table says, else the usual ones."""
    tables = problems.source.document.get("targets", {})
    if not isinstance(tables, dict):
        problems.add(("targets",), '"targets" is written [targets.SEV1]')
        return TARGETS
    found = dict(TARGETS)
    for severity, table in tables.items():
        where = ("targets", severity)
        if severity not in TARGETS:
            there = ", ".join(TARGETS)
            problems.add(where, f"no severity is called {quoted(severity)}; there are {there}")
            continue
        set_here = decode(table, Targets, where, problems, TARGET_RULES)
        if set_here is not None:
            found[severity] = set_here.over(TARGETS[severity])
    return found


def _system(
    table: SystemTable,
    resolver: Resolver,
    hosts: list[HostTable],
    mailboxes: list[CanaryTable],
    watchers: list[MonitorTable],
    problems: Problems,
) -> System:
    domains = tuple(domain.lower().rstrip(".") for domain in table.domains)
    system = System(
        name=visible(table.name) or next(iter([*domains, *(host.name for host in hosts)]), ""),
        resolver=resolver,
        domains=domains,
        hosts=tuple(_host(host, problems) for host in hosts),
    )
    if problems:
        return system
    return replace(
        system,
        canaries=canaries(mailboxes, system, problems),
        monitors=monitors(watchers, system, problems),
    )


def _seen_from(tables: list[VantageTable], system: System) -> System:
    """`system` with its vantage points; one that is a host too shares the host's login."""
    logins = {host.login.name: host.login for host in system.hosts if host.login is not None}
    vantages = [
        Vantage(name=table.name, login=login)
        for table in tables
        if (login := logins.get(table.login) or login_from(table.login)) is not None
    ]
    return replace(system, vantages=tuple(vantages))


def _host(table: HostTable, problems: Problems) -> Host:
    ca_file = table.ca_file and str(problems.source.path.parent / table.ca_file)
    if ca_file and not Path(ca_file).is_file():
        index = [name_of(t) for t in problems.source.document["host"]].index(table.name)
        problems.add(("host", index, "ca_file"), f'"ca_file": there is no file {visible(ca_file)}')
    return Host(
        name=table.name,
        address=table.address or table.name,
        login=login_from(table.login),
        mta=table.mta,
        services=table.services,
        watch=table.watch,
        ca_file=ca_file,
        power=power(table, problems.source.path),
        ups=table.ups or "",
        queue=tuple(shlex.split(table.queue.partition(":")[2])),
    )
