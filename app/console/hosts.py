"""Which host something is done to: asked for where there are several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.problem import Problem

if TYPE_CHECKING:
    from app.console.hand import Hand
    from checks.model import Host


def place(host: Host) -> str:
    """A host and the way into it, for the eyes."""
    return f"{host.name} ({host.login.name})" if host.login else host.name


async def pick_host(hand: Hand, question: str) -> Host | None:
    """A host that has a login; None when it was left. Raises Problem where none has."""
    from app.console.screens.pick import PickScreen

    config = hand.session.engine.config
    hosts = {host.name: host for host in (config.system.hosts if config else ()) if host.login}
    if not hosts:
        raise Problem('no host has a login: set login = "ssh:HOST" in the config')
    if len(hosts) == 1:
        return next(iter(hosts.values()))
    choices = [(name, f"{place(host)}  {host.address}") for name, host in hosts.items()]
    name = await hand.answer(PickScreen(question, choices))
    return hosts[name] if name else None
