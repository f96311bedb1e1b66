"""What this machine lets mailmedic do, what each host's login allows, and what mends each gap."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from app.config import Config
from app.notices.route import Route
from app.places import PlaceError, state_folder, state_path
from checks.board import Board
from checks.hosts import LoginError
from checks.model import Host, State
from checks.resolver import LookupFailed, NoSuchName, Resolver
from checks.secret import Secret
from checks.text import visible

if TYPE_CHECKING:
    from app.rights import Held

RESOLVER_DEADLINE = 3.0

ASKED = "localhost"
"""Every resolver answers for it (RFC 6761 section 6.3), and it betrays nothing about us."""


class Ability(Struct, frozen=True):
    """Something that can be done here, or can't; `mend` is the line that would change it.

    `lines` is what that line asks for, where it is a file.
    """

    subject: str
    is_there: bool
    text: str
    mend: str = ""
    lines: tuple[str, ...] = ()


async def this_machine(config: Config) -> list[Ability]:
    """What can be said without asking any host."""
    return [
        _config(config),
        _state(config),
        *_sop(config),
        *_templates(config),
        _witness(),
        _ssh(config),
        *(_kept(subject, secret) for subject, secret in _secrets(config)),
        await _icmp(),
        await _resolver(config.system.resolver),
        *await _routes(config),
    ]


def _config(config: Config) -> Ability:
    if config.path is not None:
        return Ability("config", is_there=True, text=str(config.path))
    return Ability("config", is_there=False, text="none is read", mend="mailmedic init DOMAIN")


def _state(config: Config) -> Ability:
    try:
        return Ability("state folder", is_there=True, text=str(state_folder(config.log.folder)))
    except PlaceError as error:
        return Ability("state folder", is_there=False, text=str(error), mend='[log] folder = "…"')


def _sop(config: Config) -> list[Ability]:
    from app.sop import best

    mistakes = best(config.sop)[1]
    if mistakes:
        return [Ability("SOP", is_there=False, text=mistake) for mistake in mistakes]
    return [Ability("SOP", is_there=True, text=str(config.sop or "the one of mailmedic"))]


def _templates(config: Config) -> list[Ability]:
    """The house's own texts of notices; a mistake in one is better found in peace."""
    from app.notices.fill import folder_of, mistakes

    folder = folder_of(config.path)
    if not folder.is_dir():
        return []
    found = mistakes(folder)
    if found:
        return [Ability("notices", is_there=False, text=one) for one in found]
    return [Ability("notices", is_there=True, text=f"templates of {folder}")]


def _witness() -> Ability:
    """Whether the incident log's heads also go where a forger of the log can't reach them."""
    from app.incident import witness

    if Path(witness.SOCKET).is_socket():
        return Ability("witness", is_there=True, text=f"syslog, at {witness.SOCKET}")
    text = f"no syslog at {witness.SOCKET}: only the log itself tells whether it was changed"
    return Ability("witness", is_there=False, text=text, mend="apt install rsyslog")


def _ssh(config: Config) -> Ability:
    path = shutil.which("ssh")
    if path:
        return Ability("ssh", is_there=True, text=path)
    wanted = [host.name for host in config.system.hosts if host.login and not host.login.is_local]
    if not wanted:
        return Ability("ssh", is_there=True, text="not installed, and no host needs it")
    text = f"not installed; needed for {', '.join(wanted)}"
    return Ability("ssh", is_there=False, text=text, mend="apt install openssh-client")


def _secrets(config: Config) -> Iterable[tuple[str, Secret]]:
    """What each secret of the config is for, and where it is kept."""
    system = config.system
    for canary in system.canaries:
        yield f"{canary.address} password", canary.password
    for host in system.hosts:
        if host.power is not None and host.power.password is not None:
            yield f"{host.name} power password", host.power.password
    for monitor in system.monitors:
        secret = monitor.token or monitor.password
        if secret is not None:
            yield f"{monitor.name} {'token' if monitor.token else 'password'}", secret
    for route in config.routes:
        if route.secret is not None:
            yield f"route {route.name} secret", route.secret


def _kept(subject: str, secret: Secret) -> Ability:
    """Whether a secret's file can be read by us, and not by everybody."""
    file = secret.file
    if not file:
        text = f"${secret.env}" if secret.env else "a command tells it"
        return Ability(subject, is_there=True, text=text)
    if not os.access(file, os.R_OK):
        text = f"{visible(file)} cannot be read by you"
        return Ability(subject, is_there=False, text=text, mend=f"ls -l {shlex.quote(file)}")
    if Path(file).stat().st_mode & stat.S_IROTH:
        text = f"{visible(file)} can be read by everybody on this machine"
        return Ability(subject, is_there=False, text=text, mend=f"chmod o= {shlex.quote(file)}")
    return Ability(subject, is_there=True, text=visible(file))


async def _routes(config: Config) -> list[Ability]:
    """Whether each route works, and would while our mail is down."""
    if not config.routes:
        return []
    from app.notices.depends import depends, examine

    known = await examine(config.routes, config.system)
    state = state_path(config.log.folder)
    found = []
    for route in config.routes:
        subject = f"route {route.name}"
        found.append(_tried(subject, route, state))
        found += [
            Ability(subject, is_there=False, text=need.text, mend=need.mend)
            for need in depends(route, config.system, known)
        ]
    return found


def _tried(subject: str, route: Route, state: Path) -> Ability:
    from app.notices.route_record import record_of
    from app.notices.route_words import last, where

    text = f"{where(route)}: {last(route, state)}"
    if record_of(state, route).outcome == "accepted":
        return Ability(subject, is_there=True, text=text)
    return Ability(subject, is_there=False, text=text, mend=f"mailmedic notify --test {route.name}")


async def _icmp() -> Ability:
    from checks.network.ping import how

    means = await how()
    if means.is_icmp:
        return Ability("ping", is_there=True, text=str(means))
    mend = "sysctl -w net.ipv4.ping_group_range='0 2147483647'"
    return Ability("ping", is_there=False, text=str(means), mend=mend)


async def _resolver(resolver: Resolver) -> Ability:
    try:
        await resolver.records(ASKED, "A", deadline=RESOLVER_DEADLINE)
    except LookupFailed as error:
        mend = '[system] resolver = "ADDRESS"'
        return Ability("resolver", is_there=False, text=str(error), mend=mend)
    except NoSuchName:
        pass
    return Ability("resolver", is_there=True, text=f"{resolver.name} answers")


def of_hosts(config: Config, board: Board) -> Iterable[Ability]:
    """What each host lets us see, from a board on which every check was asked."""
    for host in config.system.hosts:
        subject = f"{host.name} login"
        if host.login is None:
            text = "none: processes, disks, queue and configuration are not seen"
            mend = f'login = "ssh:{host.name}" in its [[host]]'
            yield Ability(subject, is_there=False, text=text, mend=mend)
        else:
            user = " as root" if host.login.is_local and os.geteuid() == 0 else ""
            yield Ability(subject, is_there=True, text=f"{host.login.name}{user}")
        for standing in board.standings.values():
            result = standing.result
            if standing.host != host or result is None:
                continue
            if result.state == State.UNKNOWN or result.mend:
                yield Ability(standing.id, is_there=False, text=result.summary, mend=result.mend)


async def rights(config: Config) -> list[Ability]:
    """What each login lacks that its host could give it by a group or by sudo."""
    asked = [_rights(host) for host in config.system.hosts if host.login is not None]
    return [one for found in await asyncio.gather(*asked) for one in found]


async def _rights(host: Host) -> list[Ability]:
    from app.rights import ask, sudoers

    subject = f"{host.name} rights"
    if host.login is None:
        return []
    try:
        found = await ask(host.login)
    except LoginError as error:
        return [Ability(subject, is_there=False, text=f"not known: {visible(str(error))}")]
    if found.is_root:
        return [Ability(subject, is_there=True, text="root may see everything")]
    told = [_right(subject, one, found.user) for one in found.held]
    lines = sudoers(host.name, found)
    if lines:
        lacks = f"{found.user} lacks {len(found.lacking)} of {len(found.held)}"
        text = f"{lacks}; this file gives no more:"
        told.append(
            Ability(
                subject=f"{host.name} sudoers",
                is_there=False,
                text=text,
                mend="sudo visudo -f /etc/sudoers.d/mailmedic",
                lines=lines,
            )
        )
    return told


def _right(subject: str, held: Held, user: str) -> Ability:
    sees = held.right.sees
    match held.verdict:
        case "enough":
            return Ability(subject, is_there=True, text=sees)
        case "allowed":
            return Ability(subject, is_there=True, text=f"{sees}, by sudo")
        case "group":
            mend = f"sudo gpasswd --add {user or 'USER'} {held.right.group}"
            return Ability(subject, is_there=False, text=f"does not see {sees}", mend=mend)
    return Ability(subject, is_there=False, text=f"does not see {sees}")
