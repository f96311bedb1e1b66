"""The file systems under the mail paths of a host: gathered, not judged.

/proc/self/mounts (proc(5)) and statfs(2), which waits for ever on a network file system whose
server is gone: each path is asked by a thread or process of its own, and given up on.
"""

from __future__ import annotations

import os
import re
import shlex
from concurrent.futures import wait
from contextlib import suppress
from functools import partial
from pathlib import Path

from msgspec import Struct

from checks.server._look import Garbled, Question
from checks.server._thread import begin

PATIENCE = 2.0
"""Seconds that statfs(2) may take. Of a working file system it takes microseconds."""

MAIN_CF = "/etc/postfix/main.cf"


class Mount(Struct, frozen=True):
    """A line of /proc/self/mounts."""

    device: str
    point: str
    filesystem: str
    options: frozenset[str]


class Space(Struct, frozen=True, kw_only=True):
    """What statfs(2) says of the file system that `real` (of `path`, without links) lies on."""

    path: str
    real: str
    used: int
    free: int
    inodes: int
    inodes_free: int


class Seen(Struct, frozen=True, kw_only=True):
    """The mounts, the paths that exist, those that gave no answer; Postfix' queue_directory."""

    mounts: tuple[Mount, ...]
    spaces: tuple[Space, ...]
    stuck: tuple[str, ...] = ()
    queue: str = ""


def question(paths: tuple[str, ...]) -> Question[Seen]:
    """Look at `paths` and at Postfix' queue, wherever that is."""
    return Question(f"disks {paths}", partial(here, paths), script(paths), parse)


# One stat(1) for all of them, and only if that hangs one for each. `exec`, so that what is killed
# is stat itself; and KILL, the only signal that a wait for a dead NFS server heeds.
_SCRIPT = r"""
grep -vE '^[^ ]+ /(proc|sys|dev|run|snap|var/lib/(docker|containers|kubelet))[/ ]' /proc/self/mounts
queue=$(sed -n 's/^queue_directory *= *\(\/[^$ ]*\) *$/\1/p' @MAIN_CF@ 2>/dev/null)
queue=${queue##*
}
echo "queue $queue"
command -v timeout >/dev/null || timeout() { shift 3; "$@"; }
look='for p; do
  shift; [ -d "$p" ] || continue; set -- "$@" "$p"
  [ -h "$p" ] && printf "link %s\nreal %s\n" "$p" "$(readlink -f "$p")"
done
[ $# = 0 ] || exec stat -f -c "space %S %b %f %a %c %d %n" "$@"'
set -- @PATHS@ ${queue:+"$queue"}
timeout -s KILL @PATIENCE@ sh -c "$look" sh "$@"
[ $? = 137 ] && for p; do
  { timeout -s KILL 1 sh -c "$look" sh "$p"; [ $? = 137 ] && echo "stuck $p"; } &
done
wait
"""


def script(paths: tuple[str, ...]) -> str:
    """POSIX sh; stat(1) as GNU and busybox have it."""
    return (
        _SCRIPT.replace("@MAIN_CF@", MAIN_CF)
        .replace("@PATHS@", " ".join(map(shlex.quote, paths)))
        .replace("@PATIENCE@", f"{PATIENCE:g}")
    )


_MOUNT = re.compile(r"([^ \n]+) (/[^ \n]*) ([^ \n]+) ([^ \n]+) \d+ \d+", re.ASCII)
_SPACE = re.compile(r"space" + r" (\d{1,20})" * 6 + r" (/.*)", re.ASCII)
_LINK = re.compile(r"^link (/.*)\nreal (/.*)$", re.MULTILINE)


def parse(text: str) -> Seen:
    """What the script printed. Raises Garbled."""
    lines = text.split("\n")
    mounts = parse_mounts(lines)
    if not mounts:
        raise Garbled("no /proc there as Linux has it")
    real: dict[str, str] = dict(_LINK.findall(text))
    spaces = {}
    for found in filter(None, map(_SPACE.fullmatch, lines)):
        path = found[7]
        spaces[path] = _space(path, real.get(path, path), *map(int, found.groups()[:6]))
    stuck = {line.removeprefix("stuck ") for line in lines if line.startswith("stuck /")}
    queue = next((line for line in lines if line.startswith("queue /")), "")
    if not spaces and not stuck:
        raise Garbled("stat -f shows nothing there")
    return Seen(
        mounts=mounts,
        spaces=tuple(spaces.values()),
        stuck=tuple(sorted(stuck)),
        queue=queue.removeprefix("queue "),
    )


def parse_mounts(lines: list[str]) -> tuple[Mount, ...]:
    r"""The mounts among `lines`.

    >>> parse_mounts([r"/dev/sda2 /var/spool\040x ext4 rw,relatime,emergency_ro 0 0"])[0].point
    '/var/spool x'
    """
    return tuple(
        Mount(_plain(found[1]), _plain(found[2]), found[3], frozenset(found[4].split(",")))
        for found in filter(None, map(_MOUNT.fullmatch, lines))
    )


def _plain(field: str) -> str:
    """getmntent(3): blanks and backslashes stand in octal."""
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), field)


def _space(path: str, real: str, *figures: int) -> Space:
    block, blocks, left, free, inodes, inodes_free = figures
    return Space(
        path=path,
        real=real,
        used=max(0, blocks - left) * block,
        free=free * block,
        inodes=inodes,
        inodes_free=min(inodes, inodes_free),
    )


def mount_of(path: str, mounts: tuple[Mount, ...]) -> Mount | None:
    """The mount that `path` lies on: the deepest, and of several at one point the last."""
    above = [one for one in mounts if f"{path}/".startswith(f"{one.point.rstrip('/')}/")]
    return max(reversed(above), key=lambda one: len(one.point), default=None)


def here(paths: tuple[str, ...]) -> Seen:
    """The same of this machine. Raises OSError where there is no /proc."""
    mounts = parse_mounts(Path("/proc/self/mounts").read_text(errors="surrogateescape").split("\n"))
    queue = _queue()
    asked = {
        path: begin(f"statfs {path}", partial(_statfs, path))
        for path in (*paths, *filter(None, [queue]))
    }
    done, _ = wait(asked.values(), PATIENCE)
    spaces = (answer.result() for answer in asked.values() if answer in done)
    stuck = tuple(path for path, answer in asked.items() if answer not in done)
    return Seen(mounts=mounts, spaces=tuple(filter(None, spaces)), stuck=stuck, queue=queue)


def _statfs(path: str) -> Space | None:
    """None where there is no such folder, or none that we may see."""
    try:
        real = os.path.realpath(path, strict=True)
        said = os.statvfs(real)
    except OSError:
        return None
    if not Path(real).is_dir():
        return None
    figures = (said.f_blocks, said.f_bfree, said.f_bavail, said.f_files, said.f_ffree)
    return _space(path, real, said.f_frsize, *figures)


def _queue() -> str:
    with suppress(OSError):
        text = Path(MAIN_CF).read_text(errors="surrogateescape")
        found = re.findall(r"^queue_directory *= *(/[^$ \n]*) *$", text, re.MULTILINE)
        return found[-1] if found else ""
    return ""
