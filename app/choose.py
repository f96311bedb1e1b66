"""What to watch: the config, else the domains named, else this machine's own mail server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.places import find_config
from app.problem import Problem

if TYPE_CHECKING:
    from app.config import Config
    from checks.hosts import Login
    from checks.model import Host

DISCOVERY_DEADLINE = 15.0

NOTHING = (
    "nothing to watch: no config, and no mail server on this machine; try `mailmedic DOMAIN`, "
    "`mailmedic init DOMAIN`, or `mailmedic drill` for a practice outage"
)


class NothingToWatch(Problem):
    """There is neither a config, nor a domain, nor a mail server here."""


def choose(config: str | None, domains: Sequence[str]) -> Config:
    """The system to watch. Raises Problem."""
    path = find_config(config)
    if path is not None and (config or not domains):
        return load_config(path, domains)
    if domains:
        if path is not None:
            known = load_config(path, ())
            if set(map(str.lower, domains)) <= set(known.system.domains):
                return known
        return discovered(domains)
    from app.config import Config
    from app.discovery.machine import local_system

    system = local_system()
    if system is None:
        raise NothingToWatch(NOTHING)
    return Config(system=system)


def load_config(path: object, domains: Sequence[str]) -> Config:
    """The config at `path`, which has to cover `domains`. Raises Problem."""
    from pathlib import Path

    from app.config import ConfigError, load

    try:
        config = load(Path(str(path)))
    except ConfigError as error:
        raise Problem(str(error)) from error
    for domain in domains:
        if domain.lower() not in config.system.domains:
            raise Problem(f"{path}: {domain} is not among its domains")
    return config


def discovered(domains: Sequence[str]) -> Config:
    """What DNS tells about `domains`. Raises Problem."""
    import asyncio

    from msgspec.structs import replace

    from app.config import Config
    from app.discovery.domain import DiscoveryError, discover
    from app.discovery.short_names import short_names
    from checks.model import System
    from checks.resolver import Resolver

    async def find() -> Config:
        systems = [
            await discover(domain, Resolver(), deadline=DISCOVERY_DEADLINE) for domain in domains
        ]
        hosts = {host.address: host for system in systems for host in system.hosts}
        names = short_names(list(hosts))
        return Config(
            system=System(
                name=systems[0].name,
                # Not theirs: a resolver belongs to the loop that it was first used on.
                resolver=Resolver(),
                domains=tuple(domain for system in systems for domain in system.domains),
                hosts=tuple(replace(host, name=names[address]) for address, host in hosts.items()),
            )
        )

    try:
        return asyncio.run(find())
    except DiscoveryError as error:
        raise Problem(str(error)) from error


def with_login(hosts: Sequence[Host], name: str) -> Host:
    """The host of that name, which has a login. Raises Problem."""
    able = [host for host in hosts if host.login is not None]
    for host in able:
        if host.name == name:
            return host
    names = ", ".join(host.name for host in able) or "none"
    if any(host.name == name for host in hosts):
        raise Problem(f'{name} has no login: set login = "ssh:{name}" in the config')
    raise Problem(f"{name!r} is not a host of the config; those with a login: {names}")


def login_of(hosts: Sequence[Host], name: str) -> Login:
    """The way into the host of that name. Raises Problem."""
    login = with_login(hosts, name).login
    assert login is not None  # noqa: S101 - for mypy: it was chosen for that
    return login
