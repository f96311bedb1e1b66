"""What a host shows of itself: processes, units, ports, limits, clock, load, disks."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Process(Struct, frozen=True, tag=True):
    """The first process of a mail program (Postfix' master), with its children counted in.

    `name` is the program (``postfix``), `status` is running, stopped (by a signal) or defunct,
    `since` when it started; `children` counts the direct ones, `memory` is theirs too, in bytes.
    `cpu` is the part of a core that they all have had since the look before, those too that ended
    meanwhile: 1.0 is a whole core, None on the first look.
    """

    name: str
    pid: int
    status: str = "running"
    since: datetime | None = None
    memory: int = 0
    children: int = 0
    cpu: float | None = None


class ProcessFacts(Struct, frozen=True, tag=True):
    """The mail programs of a host: those that run, and those that were expected and do not.

    `is_hidden` says that we are not shown all processes, so that nothing can be called missing.
    """

    running: tuple[Process, ...] = ()
    missing: tuple[str, ...] = ()
    visible_processes: int = 0
    is_hidden: bool = False


class Unit(Struct, frozen=True, tag=True):
    """A systemd unit of a mail program, in systemd's words (systemd.service(5), systemctl(1)).

    `active` and `sub` are its state and `since` when that began (a reload is no start), `result`
    how it last ended, `died` of what ("status 78", "killed by SIGKILL", or empty), `restarts` those
    that systemd made by itself, `enabled` the word of ``systemctl is-enabled``. `lasted` is for how
    many seconds a unit that is not active had been so before: 0 where it did not come up.
    """

    name: str
    program: str
    active: str
    sub: str
    enabled: str = ""
    since: datetime | None = None
    result: str = ""
    died: str = ""
    restarts: int = 0
    lasted: float = 0.0
    is_masked: bool = False
    is_triggered: bool = False


class UnitFacts(Struct, frozen=True, tag=True):
    """The units of a host's mail programs."""

    units: tuple[Unit, ...] = ()


class ListenerFacts(Struct, frozen=True, tag=True):
    """The TCP ports that a host listens on: from outside, and for the machine itself alone.

    `gateways` are the addresses of its IPv4 default routes: its ways to everybody else.
    """

    ports: tuple[int, ...] = ()
    loopback: tuple[int, ...] = ()
    gateways: tuple[str, ...] = ()


class Limit(Struct, frozen=True, tag=True):
    """How much of a bound is used, such as the smtpd processes of a service; `used` None: unseen.

    `subject` is postfix, dovecot or files; `settings` name those that make the bound.
    """

    subject: str
    name: str
    used: int | None
    most: int
    settings: str = ""


class LimitFacts(Struct, frozen=True, tag=True):
    """The limits of a host's mail programs."""

    limits: tuple[Limit, ...] = ()


class ClockFacts(Struct, frozen=True, tag=True):
    """A host's clock: seconds ahead of ours, give or take `margin`; None for our own clock.

    `is_synchronised` is what its kernel says, None where that is not known.
    """

    ahead: float | None = None
    margin: float = 0.0
    is_synchronised: bool | None = None


class LoadFacts(Struct, frozen=True, tag=True):
    """Load averages over 1, 5 and 15 minutes, memory in bytes, uptime in seconds."""

    load: tuple[float, float, float]
    cores: int
    memory_total: int
    memory_available: int
    swap_total: int
    swap_free: int
    uptime: float


class Disk(Struct, frozen=True, tag=True):
    """A file system that holds mail paths; sizes in bytes.

    `path` is the most important of the mail paths on it and `role` what that one holds: queue,
    mail, log, home or system. `free` is what is left to ordinary users, as in df(1); what
    only root may fill counts neither as free nor as used.
    """

    role: str
    path: str
    mount: str
    filesystem: str
    used: int
    free: int
    inodes: int
    inodes_free: int
    is_read_only: bool = False

    @property
    def used_share(self) -> float:
        """Part of the space that is in use, 0 to 1, as in df(1)."""
        usable = self.used + self.free
        return self.used / usable if usable else 0.0

    @property
    def inodes_used_share(self) -> float:
        """Part of the inodes that is in use, 0 to 1; 0 where the file system counts none."""
        return 1 - self.inodes_free / self.inodes if self.inodes else 0.0


class DiskFacts(Struct, frozen=True, tag=True):
    """The disks that the mail paths of a host lie on, and the paths that gave no answer."""

    disks: tuple[Disk, ...] = ()
    stuck: tuple[str, ...] = ()
