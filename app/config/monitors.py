"""From ``[[monitor]]`` tables to monitors: how each is asked, and whose alerts count as ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from app.config.decode import Problems, name_of
from app.config.rules import nearest, quoted
from app.config.secret_files import beside
from app.config.tables import MonitorTable
from checks.etc_hosts import is_this_machine
from checks.hosts.choose import login_from
from checks.model import Monitor, System
from checks.secret import Secret
from checks.text import visible
from checks.url import parse


def monitors(
    tables: Sequence[MonitorTable], system: System, problems: Problems
) -> tuple[Monitor, ...]:
    """The monitor of each table; what it lacks or says too much is a problem."""
    written = problems.source.document.get("monitor", [])
    config = problems.source.path
    ours = {host.name for host in system.hosts} | set(system.domains)
    for table in tables:
        index = [name_of(one) for one in written].index(table.name)
        is_plugin = table.kind == "plugin"
        for key, text in _wrong_plugin(table, ours) if is_plugin else _wrong(table, config):
            problems.add(("monitor", index, key), f'"{key}": {text}')
    return tuple(_monitor(table, system, config) for table in tables)


def _wrong(table: MonitorTable, config: Path) -> Iterator[tuple[str, str]]:
    """Keys that do not fit the others, and why."""
    reads_file = table.login != "none"
    if reads_file and table.kind != "nagios":
        yield "login", "only Nagios has a status file that is read through a login"
    elif reads_file and table.url:
        yield "login", "either the url is asked or the status file is read, not both"
    elif not reads_file and not table.url:
        yield "url", "is missing"
    if not table.status_file.startswith("/"):
        yield "status_file", "must be a path that begins with /"
    if table.query and table.kind != "prometheus":
        yield "query", "only Prometheus takes queries"
    if table.command or table.about:
        yield "command", 'is for the kind "plugin" alone, as is "about"'
    yield from _wrong_secret(table, config)


def _wrong_secret(table: MonitorTable, config: Path) -> Iterator[tuple[str, str]]:
    if table.password and table.token:
        yield "token", "there is a password already"
    if (table.password or table.token) and table.url and _is_readable_on_the_way(table.url):
        yield "url", "the password would go in clear: https, or a tunnel to this machine"
    if table.ca_file and not _beside(table.ca_file, config).is_file():
        yield "ca_file", f"there is no file {visible(str(_beside(table.ca_file, config)))}"


def _wrong_plugin(table: MonitorTable, ours: set[str]) -> Iterator[tuple[str, str]]:
    if not table.command:
        yield "command", "is missing"
    if table.about not in ours:
        hint = nearest(table.about, sorted(ours))
        yield "about", f"must be one of our hosts or domains, not {quoted(table.about)}{hint}"
    if table.url:
        yield "url", "a plugin is run, not asked"


def _is_readable_on_the_way(url: str) -> bool:
    asked = parse(url)
    return not asked.is_tls and not is_this_machine(asked.host)


def _monitor(table: MonitorTable, system: System, config: Path) -> Monitor:
    return Monitor(
        name=table.name,
        kind=table.kind,
        url=table.url,
        login=login_from(_login(table)),
        status_file=table.status_file,
        queries=table.query,
        command=table.command,
        about=table.about,
        user=table.user,
        password=_secret(table.password, config),
        token=_secret(table.token, config),
        ca_file=str(_beside(table.ca_file, config)) if table.ca_file else "",
        fingerprint=table.fingerprint,
        hosts=system.hosts,
        domains=system.domains,
    )


def _login(table: MonitorTable) -> str:
    """A plugin runs on this machine, unless it is said where."""
    return "local" if table.kind == "plugin" and table.login == "none" else table.login


def _secret(secret: Secret | None, config: Path) -> Secret | None:
    return beside(secret, config) if secret else None


def _beside(file: str, config: Path) -> Path:
    return config.parent / file
