"""The disks under the mail paths have room, have inodes, can be written and answer.

From statfs(2) and /proc/self/mounts (proc(5)). A disk can be full for mail long before it is for
df: Postfix takes no message with less than 1.5 × message_size_limit left (postconf(5),
queue_minfree). After an error ext4 goes on as ``rw,…,emergency_ro``. Shares left to warn at: for
mail those of Mail-in-a-Box (30 and 15 %), else those of YunoHost (5 and 2.5 %).
"""

from __future__ import annotations

from checks.facts import Disk, DiskFacts
from checks.hosts import LoginError
from checks.model import CheckOptions, Result, State, System, Target
from checks.phases import Phases
from checks.server import _look
from checks.server._judged import Judged, result
from checks.server._mounts import Mount, Seen, Space, mount_of, question
from checks.server._size import size
from checks.text import visible

FINDINGS = _look.FINDINGS | {
    "disk.full": "so little room is left that mail is refused or can't be written",
    "disk.low": "little room is left",
    "disk.read-only": "nothing can be written: mounted read-only, or made so after an error",
    "disk.stuck": "a file system does not answer, and who touches it hangs: a dead NFS server?",
    "inodes.full": "no new file can be made, although there is room",
    "inodes.low": "few more files can be made",
}

PATHS = {
    "/var/spool/postfix": "queue",
    "/var/spool/exim4": "queue",
    "/var/spool/exim": "queue",
    "/var/spool": "queue",
    "/var/mail": "mail",
    "/var/vmail": "mail",
    "/srv/vmail": "mail",
    "/home": "home",
    "/var/log": "log",
    "/var": "system",
    "/": "system",
}
"""The folders that mail needs, the most important first, and what they hold."""

_MAIL = ("queue", "mail")


class Options(CheckOptions, frozen=True, kw_only=True):
    """``[check.disks]``. `paths` are more folders of mail; shares and bytes are what is left.

    A share warns only while there are fewer bytes than its bound: 15 % of 10 TB are no news.
    """

    interval: float = 30.0
    paths: tuple[str, ...] = ()
    mail_warning: float = 0.30
    mail_critical: float = 0.15
    warning: float = 0.05
    critical: float = 0.025
    warning_bytes: int = 10_000_000_000
    critical_bytes: int = 2_000_000_000
    full_bytes: int = 16_000_000  # Postfix: 1.5 × 10,240,000
    inodes_warning: float = 0.10
    inodes_critical: float = 0.025
    inodes_warning_count: int = 100_000
    inodes_critical_count: int = 10_000
    inodes_full_count: int = 100


def targets(system: System) -> list[Target]:
    """Every host that lets us in."""
    return system.each_host("disks", with_login=True)


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Look at the disks once."""
    phases = Phases()
    paths = tuple(dict.fromkeys((*options.paths, *PATHS)))
    try:
        _, login = _look.host_of(target)
        with phases.phase("look"):
            seen = await _look.look(login, question(paths), deadline=deadline)
    except LoginError as error:
        return _look.blind(phases, target, error)
    disks, stuck = find(seen, options.paths), find_stuck(seen, paths)
    judged = [one for disk in disks for one in judge(disk, options)]
    judged += [_judge_stuck(path, seen) for path in stuck]
    return result(
        phases,
        judged,
        in_words(disks),
        facts=DiskFacts(disks=tuple(disks), stuck=tuple(map(visible, stuck))),
        metrics={f"used_share {disk.path}": disk.used_share for disk in disks},
    )


def find(seen: Seen, mail_paths: tuple[str, ...] = ()) -> list[Disk]:
    """The disks, each once, under its most important path."""
    roles = {**PATHS, seen.queue: "queue", **dict.fromkeys(mail_paths, "mail")}
    spaces = [space for space in seen.spaces if space.used + space.free and space.path in roles]
    disks: dict[str, Disk] = {}
    for space in sorted(spaces, key=lambda one: _RANK.index(roles[one.path])):
        mount = mount_of(space.real, seen.mounts)
        if mount is not None:
            # One device may be mounted at several points; a tmpfs has no device to tell it by.
            name = mount.device if "/" in mount.device else mount.point
            disks.setdefault(name, _disk(roles[space.path], space, mount))
    return list(disks.values())


def find_stuck(seen: Seen, paths: tuple[str, ...]) -> list[str]:
    """The paths that gave no answer, and those where something is mounted that only gave errors."""
    answered = {space.path for space in seen.spaces}
    points = {mount.point for mount in seen.mounts}
    failed = [path for path in paths if path in points and path not in answered]
    return sorted({*seen.stuck, *failed})


_RANK = ("queue", "mail", "home", "log", "system")


def _disk(role: str, space: Space, mount: Mount) -> Disk:
    return Disk(
        role=role,
        path=visible(space.path),
        mount=visible(mount.point),
        filesystem=visible(mount.filesystem),
        used=space.used,
        free=space.free,
        inodes=space.inodes,
        inodes_free=space.inodes_free,
        is_read_only=bool({"ro", "emergency_ro"} & mount.options),
    )


def judge(disk: Disk, options: Options) -> list[Judged]:
    """What is wrong with a disk. A system disk may be read-only by design, a mail disk may not."""
    judged = []
    if disk.is_read_only and disk.role != "system":
        judged.append(Judged(State.CRITICAL, "disk.read-only", f"{disk.path} is read-only"))
    return judged + _judge_space(disk, options) + _judge_inodes(disk, options)


def _judge_space(disk: Disk, options: Options) -> list[Judged]:
    left = 1 - disk.used_share
    text = f"{disk.path} {disk.used_share:.0%} full, {size(disk.free)} left"
    is_mail = disk.role in _MAIL
    if disk.free < options.full_bytes:
        return [Judged(State.CRITICAL, "disk.full", text)]
    critical = options.mail_critical if is_mail else options.critical
    if left < critical and disk.free < options.critical_bytes:
        return [Judged(State.CRITICAL, "disk.low", text)]
    warning = options.mail_warning if is_mail else options.warning
    if left < warning and disk.free < options.warning_bytes:
        return [Judged(State.WARNING, "disk.low", text)]
    return []


def _judge_inodes(disk: Disk, options: Options) -> list[Judged]:
    if not disk.inodes:  # btrfs and some network file systems count none
        return []
    left, free = 1 - disk.inodes_used_share, disk.inodes_free
    text = f"{disk.path} {disk.inodes_used_share:.0%} of its inodes used, {free} left"
    if free < options.inodes_full_count:
        return [Judged(State.CRITICAL, "inodes.full", text)]
    if left < options.inodes_critical and free < options.inodes_critical_count:
        return [Judged(State.CRITICAL, "inodes.low", text)]
    if left < options.inodes_warning and free < options.inodes_warning_count:
        return [Judged(State.WARNING, "inodes.low", text)]
    return []


def _judge_stuck(path: str, seen: Seen) -> Judged:
    mount = mount_of(path, seen.mounts)
    where = f" ({visible(mount.filesystem)} on {visible(mount.point)})" if mount else ""
    return Judged(State.CRITICAL, "disk.stuck", f"{visible(path)} does not answer{where}")


def in_words(disks: list[Disk]) -> str:
    """How full each is, e.g. ``/var/spool 12%, / 31%``."""
    return ", ".join(f"{disk.path} {disk.used_share:.0%}" for disk in disks)
