"""Who sits at this session: not only $USER, which says little under sudo."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from msgspec import Struct

from checks.text import visible

UNSET = 2**32 - 1
"""What /proc/self/loginuid holds where nobody logged in (audit(7))."""

ANCESTORS = 30
"""How far up the processes the way in is looked for."""


class Operator(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who acts: `login` as the kernel keeps it, `sudo` the name before it, `user` the one now.

    `tty` and `address` say where the session is, and where it came from.
    """

    login: str = ""
    sudo: str = ""
    user: str = ""
    tty: str = ""
    address: str = ""

    @property
    def name(self) -> str:
        """What to call them."""
        return self.login or self.sudo or self.user or "?"

    @property
    def seat(self) -> str:
        """Which of their sessions it is: everybody may be root here."""
        return f"{self.name}@{self.tty or f'pid {os.getpid()}'}"


def called(seat: str, here: Iterable[str]) -> str:
    """What to call who sits there: the name alone where that says which of those here it is."""
    name = seat.partition("@")[0]
    others = sum(one != seat and one.partition("@")[0] == name for one in here)
    return seat if others else name


def is_here(name: str, here: Iterable[str]) -> bool:
    """Whether who is `called` so sits at one of the seats."""
    return any(name in (seat, seat.partition("@")[0]) for seat in here)


@cache
def me() -> Operator:
    """The operator of this process."""
    user = _user(os.geteuid())
    return Operator(
        login=_login(),
        sudo=visible(os.environ.get("SUDO_USER", ""), 64),
        user=user,
        tty=_tty(),
        address=_address(),
    )


def _login() -> str:
    try:
        uid = int(Path("/proc/self/loginuid").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return ""
    return "" if uid == UNSET else _user(uid)


def _user(uid: int) -> str:
    try:
        return visible(pwd.getpwuid(uid).pw_name, 64)
    except KeyError:
        return f"uid {uid}"


def _tty() -> str:
    for fd in (0, 1, 2):
        try:
            return visible(os.ttyname(fd), 64).removeprefix("/dev/")
        except OSError:
            continue
    return ""


def _address() -> str:
    """The address that ssh came from; sudo takes it out of the environment, our parents have it."""
    if found := os.environ.get("SSH_CONNECTION"):
        return visible(found.split(" ")[0], 64)
    pid = os.getppid()
    for _ in range(ANCESTORS):
        try:
            environ = Path(f"/proc/{pid}/environ").read_bytes()
            parent = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2]
        except OSError:
            return ""
        for variable in environ.split(b"\0"):
            name, _, value = variable.partition(b"=")
            if name == b"SSH_CONNECTION":
                return visible(value.split(b" ")[0], 64)
        pid = int(parent.split()[1])
    return ""
