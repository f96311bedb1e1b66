"""What this machine lets mailmedic do, what each host's login allows, and what mends each gap."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable

from msgspec import Struct

from app.config import Config
from app.places import PlaceError, find_config, state_folder
from checks.board import Board
from checks.model import State


class Ability(Struct, frozen=True):
    """Something that can or can't be done here; `mend` is the line that would change it."""

    subject: str
    state: State
    text: str
    mend: str = ""


def this_machine(config: Config) -> list[Ability]:
    """What can be said without asking any host."""
    return [_config(config), _state(config), _ssh(config)]


def _config(config: Config) -> Ability:
    path = config.path or find_config()
    if path is not None:
        return Ability("config", State.OK, str(path))
    text = "none; watching what was found"
    return Ability("config", State.UNKNOWN, text, "mailmedic init DOMAIN")


def _state(config: Config) -> Ability:
    try:
        return Ability("state folder", State.OK, str(state_folder(config.log.folder)))
    except PlaceError as error:
        return Ability("state folder", State.UNKNOWN, str(error), '[log] folder = "…"')


def _ssh(config: Config) -> Ability:
    path = shutil.which("ssh")
    if path:
        return Ability("ssh", State.OK, path)
    wanted = [host.name for host in config.system.hosts if host.login and not host.login.is_local]
    if not wanted:
        return Ability("ssh", State.OK, "not installed, and not needed")
    text = f"not installed; needed for {', '.join(wanted)}"
    return Ability("ssh", State.UNKNOWN, text, "apt install openssh-client")


def of_hosts(config: Config, board: Board) -> Iterable[Ability]:
    """What each host lets us see, from a board on which every check was asked."""
    for host in config.system.hosts:
        standings = [one for one in board.standings.values() if one.host == host and one.result]
        if host.login is None:
            text = "none: processes, disks, queue and configuration are not seen"
            yield Ability(f"{host.name} login", State.UNKNOWN, text, f'login = "ssh:{host.name}"')
        else:
            yield Ability(f"{host.name} login", State.OK, f"{host.login.name} as {_user()}")
        for one in standings:
            result = one.result
            if result is not None and (result.state == State.UNKNOWN or result.mend):
                yield Ability(one.id, State.UNKNOWN, result.summary, result.mend)


def _user() -> str:
    return "root" if os.geteuid() == 0 else f"uid {os.geteuid()}"
