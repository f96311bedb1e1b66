"""What a host's login lacks that sudo or a group can give it, and the exact lines for sudoers(5).

Each program is tried as mailmedic uses it: as this user, then by ``sudo -n``, which never asks.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct

from app.sudo import PRELUDE
from checks.hosts import Login
from checks.text import visible

DEADLINE = 40.0
"""Seconds for all of a host; each try gets `TRY` of them."""

TRY = 3

# `first` refuses in words of its own: journalctl, for one, ends well with less than all.
_SCRIPT = r"""
said() { bounded @TRY@ "$@" 2>&1 >/dev/null </dev/null | head -c 2000; }
ends_well() { bounded @TRY@ "$@" >/dev/null 2>&1 </dev/null; }
echo "user $(id -un)"; [ "$(id -u)" = 0 ] && { echo root; exit; }
right() {
  number=$1 plain=$2 group=$3 where=$4 names=$5 paths=; shift 5
  [ -z "$where" ] || [ -e "$where" ] || return
  for name in $names; do path=$(command -v "$name") && paths="$paths $path"; done
  [ "$paths" ] || return
  first=${paths# } first=${first%% *} verdict=refused
  if [ "$plain" ] && ends_well "$first" "$@"; then
    case $(said "$first" "$@") in
    *'not seeing messages'*|*ermission*|*'not permitted'*) ;; *) verdict=enough ;;
    esac
  fi
  if [ "$verdict$may" = refused1 ]; then
    case $(said sudo -n "$first" "$@") in
    sudo:*|Sorry,*|*'is not in the sudoers'*) ;; *) verdict=allowed ;;
    esac
  fi
  [ "$verdict" = refused ] && [ "$group" ] && getent group "$group" >/dev/null && verdict=group
  echo "$number $verdict$paths"
}
"""

_USER = re.compile(r"(?![A-Z0-9_]+\Z|Defaults\Z)[A-Za-z_][A-Za-z0-9_.-]{0,63}\$?")
"""A login's name, but for what sudoers(5) takes otherwise: ALL, aliases and Defaults."""

_PATH = re.compile(r"/(?:usr/(?:local/)?)?s?bin/[A-Za-z0-9_.+-]+")
"""Where root alone installs programs. What lies elsewhere is never proposed to run as root."""


class Right(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """See rights.toml."""

    sees: str
    programs: tuple[str, ...]
    probe: tuple[str, ...]
    allow: tuple[str, ...]
    plain: bool = True
    group: str = ""
    where: str = ""


class Held(Struct, frozen=True):
    """How a host stands to a right.

    `verdict` is enough (needs no sudo), allowed (by sudo), group (its members may), or refused.
    """

    right: Right
    verdict: str
    paths: tuple[str, ...] = ()


class Rights(Struct, frozen=True):
    """What the `user` of a login has of the rights that its host's programs can be run with."""

    user: str
    held: tuple[Held, ...] = ()
    is_root: bool = False

    @property
    def lacking(self) -> tuple[Held, ...]:
        """Those that a line of sudoers would give."""
        return tuple(one for one in self.held if one.verdict == "refused")


@cache
def known() -> tuple[Right, ...]:
    """What is looked at."""
    content = files("app").joinpath("rights.toml").read_bytes()
    return msgspec.toml.decode(content, type=dict[str, tuple[Right, ...]])["right"]


async def ask(login: Login) -> Rights:
    """What its user may do. Raises LoginError."""
    lines = [
        shlex.join(
            [
                *("right", str(number), "1" if one.plain else "", one.group, one.where),
                *(" ".join(one.programs), *one.probe),
            ]
        )
        for number, one in enumerate(known())
    ]
    script = "\n".join([PRELUDE, _SCRIPT.replace("@TRY@", str(TRY)), *lines])
    output = await login.run(["sh", "-c", script], deadline=DEADLINE, limit=1 << 16)
    return read(output.stdout)


def read(printed: bytes) -> Rights:
    r"""What the script has printed. Pure.

    >>> read(b"user oper\n7 refused /usr/bin/dmesg\n").lacking[0].paths
    ('/usr/bin/dmesg',)
    """
    user, held, is_root = "", [], False
    for line in printed.decode("utf-8", "replace").splitlines():
        word, *rest = line.split(" ")
        if word == "root":
            is_root = True
        elif word == "user" and rest and _USER.fullmatch(rest[0]):
            user = rest[0]
        elif word.isascii() and word.isdigit() and int(word) < len(known()) and rest:
            right = known()[int(word)]
            paths = tuple(path for path in rest[1:] if _is_of(right, path))
            held.append(Held(right, visible(rest[0], 20), paths))
    return Rights(user, tuple(held), is_root)


def _is_of(right: Right, path: str) -> bool:
    """Whether it is one of the programs that were asked for: a login may say anything."""
    return bool(_PATH.fullmatch(path)) and path.rpartition("/")[2] in right.programs


def sudoers(host: str, rights: Rights) -> tuple[str, ...]:
    """The whole file for ``visudo -f``: what lacks and what sudo allows; none if none lacks."""
    if not rights.user or not any(one.paths for one in rights.lacking):
        return ()
    by_sudo = [one for one in rights.held if one.verdict in {"refused", "allowed"}]
    commands = list(dict.fromkeys(_commands(by_sudo)))
    alias = "MAILMEDIC_" + re.sub(r"[^A-Z0-9]", "_", host.upper(), flags=re.ASCII)
    *others, last = commands
    return (
        f"Cmnd_Alias {alias} = \\",
        *(f"    {one}, \\" for one in others),
        f"    {last}",
        f"{rights.user} ALL = (root) NOPASSWD: {alias}",
    )


def _commands(held: Sequence[Held]) -> Iterator[str]:
    for one in held:
        for path in one.paths:
            yield from (f"{path} {words}" for words in one.right.allow)
