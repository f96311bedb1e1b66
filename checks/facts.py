"""What a check hands to its panel beyond state and findings: frozen values, no I/O.

Texts in here came from outside and have passed `checks.text.visible`.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Process(Struct, frozen=True, tag=True):
    """The first process of a mail program (Postfix' master), with its children counted in.

    `name` is the program (``postfix``), `status` is running, stopped (by a signal) or defunct,
    `since` when it started; `children` counts the direct ones, `memory` is theirs too, in bytes.
    """

    name: str
    pid: int
    status: str = "running"
    since: datetime | None = None
    memory: int = 0
    children: int = 0


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

    `active` and `sub` are its state and `since` when that began, `result` how it last ended,
    `died` of what ("status 78", "killed by SIGKILL", or empty), `restarts` those that systemd made
    by itself, `enabled` the word of ``systemctl is-enabled``.
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
    is_masked: bool = False
    is_triggered: bool = False


class UnitFacts(Struct, frozen=True, tag=True):
    """The units of a host's mail programs."""

    units: tuple[Unit, ...] = ()


class ListenerFacts(Struct, frozen=True, tag=True):
    """The TCP ports that a host listens on: from outside, and for the machine itself alone."""

    ports: tuple[int, ...] = ()
    loopback: tuple[int, ...] = ()


class Limit(Struct, frozen=True, tag=True):
    """How much of a bound is used, such as the smtpd processes of a service; `used` None: unseen.

    `subject` is postfix, dovecot or files.
    """

    subject: str
    name: str
    used: int | None
    most: int


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


class Reason(Struct, frozen=True, tag=True):
    """Why messages are deferred, and how many recipients it holds up.

    `family` is the enhanced status code (RFC 3463) or empty.
    """

    text: str
    count: int
    family: str = ""


AGES = (5, 10, 20, 40, 80, 160, 320, 640, 1280)
"""Minutes at which the buckets of qshape(1) end; a last one holds all that is older."""


class Patience(Struct, frozen=True, tag=True):
    """How long the MTA goes on trying, in seconds; None where it says nothing about it.

    `delay_notice`: from when on senders are told that their mail waits. `lifetime`: when it is
    returned to them. `retry`: the longest that a message waits for its next try.
    """

    delay_notice: float | None = None
    lifetime: float | None = None
    retry: float | None = None


class QueueFacts(Struct, frozen=True, tag=True):
    """A mail queue in sum, of one or several instances of an MTA on a host.

    `oldest` is the arrival of the oldest message that can be delivered, `ages` counts those in the
    buckets of `AGES`. `frozen` are Exim's that need a person, counted in `hold` too. `arrivals` and
    `departures` are messages a minute that came to wait and that no longer do.
    """

    active: int = 0
    deferred: int = 0
    hold: int = 0
    incoming: int = 0
    oldest: datetime | None = None
    reasons: tuple[Reason, ...] = ()
    senders: tuple[Reason, ...] = ()
    domains: tuple[Reason, ...] = ()
    frozen: int = 0
    ages: tuple[int, ...] = ()
    arrivals: float | None = None
    departures: float | None = None
    patience: Patience | None = None

    @property
    def total(self) -> int:
        """All messages in the queue."""
        return self.active + self.deferred + self.hold + self.incoming

    @property
    def drained_in(self) -> float | None:
        """Seconds until nothing waits any more, if all goes on as it does; None if it does not."""
        if self.arrivals is None or self.departures is None or self.departures <= self.arrivals:
            return None
        return (self.total - self.hold) / (self.departures - self.arrivals) * 60


class Waiting(Struct, frozen=True, gc=False):
    """A message of a queue, as a list has it: its first recipient, how many more, why it waits.

    `arrived` is in seconds of our clock's epoch, by the host's clock.
    """

    queue_id: str
    queue: str
    arrived: int
    size: int
    sender: str
    recipient: str
    others: int
    reason: str


class FileChange(Struct, frozen=True, tag=True):
    """A watched file that differs from the baseline. `kind` is added, removed or changed.

    `at` is the file's own modification time, where it still has one.
    """

    path: str
    kind: str
    at: datetime | None
    added: int = 0
    removed: int = 0
    diff: tuple[str, ...] = ()


class DriftFacts(Struct, frozen=True, tag=True):
    """What differs from a host's baseline."""

    baseline_at: datetime
    watched: int
    changes: tuple[FileChange, ...] = ()
    unreadable: tuple[str, ...] = ()


class Change(Struct, frozen=True, tag=True):
    """Something on a host that is not as it was, or that somebody did there.

    `kind` is parameter, package, hold, certificate, unit, firewall, cron, reboot, sudo or login;
    `what` names it, `old` and `new` are its values, empty where there is none. It was at `at`, or,
    where `after` is set, some time between the two. `who` and `how` say by whom and by what
    command, as far as a log tells, `about` what the manual says of a parameter; `diff` are lines
    of evidence.
    """

    kind: str
    what: str
    at: datetime
    after: datetime | None = None
    old: str = ""
    new: str = ""
    who: str = ""
    how: str = ""
    about: str = ""
    diff: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What, and from what to what, in one line."""
        if self.old and self.new:
            return f"{self.what} {self.old} → {self.new}"
        if self.old:
            return f"{self.what} {self.old} removed"
        if self.new:
            return f"{self.what} {'= ' if self.kind == 'parameter' else ''}{self.new}"
        return self.what


class ChangeFacts(Struct, frozen=True, tag=True):
    """What changed on a host, the latest first; `unseen` is what could not be looked at."""

    baseline_at: datetime
    changes: tuple[Change, ...] = ()
    unseen: tuple[str, ...] = ()


class Rung(Struct, frozen=True, tag=True):
    """A step on the way of a message. `side` is send, deliver or read.

    `status` is passed, poor (it works, and not as it should), broken, or unknown: not reached.
    """

    name: str
    side: str
    status: str = "unknown"
    duration: float | None = None
    text: str = ""


class Hop(Struct, frozen=True, tag=True):
    """A Received field: who took the message, how and when, and how long after the one before.

    `at` is None where the date makes no sense; a `delay` below zero says that clocks differ.
    """

    by: str
    protocol: str = ""
    at: datetime | None = None
    delay: float | None = None


class RoundTripFacts(Struct, frozen=True, tag=True):
    """The way of a test message: its rungs from the first to the last, and its hops.

    `sent_at` and what follows are the latest message's, `took` is None while it is under way.
    `waiting` counts the messages that have not arrived, `lost` those that are given up.
    """

    rungs: tuple[Rung, ...]
    hops: tuple[Hop, ...] = ()
    sent_at: datetime | None = None
    took: float | None = None
    queue_id: str = ""
    folder: str = ""
    waiting: int = 0
    lost: int = 0

    @property
    def broken(self) -> Rung | None:
        """The first rung that is broken."""
        return next((rung for rung in self.rungs if rung.status == "broken"), None)


class Sensor(Struct, frozen=True, tag=True):
    """A fan, temperature or supply of the hardware. `health` is ok, warning, critical or empty."""

    kind: str
    name: str
    reading: str = ""
    health: str = ""


class RaidArray(Struct, frozen=True, tag=True):
    """A software RAID as /proc/mdstat has it: disks it wants and has, 0 of levels without spares.

    `work` is what it is busy with, such as ``recovery 8.5%``.
    """

    name: str
    level: str
    is_active: bool
    wants: int = 0
    has: int = 0
    work: str = ""


class HardwareFacts(Struct, frozen=True, tag=True):
    """What the kernel of a host knows of its hardware.

    `ended` is how it went down before this boot: clean, unclean, or empty where nobody knows.
    `oom_kills` and `machine_checks` count since boot, as do errors of memory that it corrected
    and that it could not; None where the kernel does not count them.
    """

    booted: datetime
    ended: str = ""
    oom_kills: int | None = None
    machine_checks: int | None = None
    corrected: int | None = None
    uncorrected: int | None = None
    arrays: tuple[RaidArray, ...] = ()
    temperatures: tuple[Sensor, ...] = ()


class PowerFacts(Struct, frozen=True, tag=True):
    """What the BMC or hypervisor says. `state` is on, off, changing or unknown; `said` its word.

    `health` is the hardware's as a whole, `events` the newest lines of its log.
    """

    state: str
    said: str = ""
    health: str = ""
    sensors: tuple[Sensor, ...] = ()
    events: tuple[str, ...] = ()


class UpsFacts(Struct, frozen=True, tag=True):
    """An uninterruptible power supply: NUT's words of its status, charge in percent, seconds left.

    None where it does not tell.
    """

    status: tuple[str, ...]
    charge: float | None = None
    runtime: float | None = None
    load: float | None = None
    model: str = ""


class LogKind(Struct, frozen=True, tag=True):
    """A known kind of trouble in a host's logs, such as ``log.postfix.deferred``.

    `count` is over all that was read, `recent` over the last minutes. `users`, `domains` and
    `hosts` are those named most often; `example` is the latest line.
    """

    code: str
    meaning: str
    count: int
    recent: int
    first: datetime
    last: datetime
    users: tuple[Reason, ...] = ()
    domains: tuple[Reason, ...] = ()
    hosts: tuple[Reason, ...] = ()
    example: str = ""


class LogShape(Struct, frozen=True, tag=True):
    """Messages that are alike but for names and numbers; `code` is empty where none is known."""

    program: str
    text: str
    count: int
    first: datetime
    last: datetime
    code: str = ""
    example: str = ""


class LostMail(Struct, frozen=True, tag=True):
    """A recipient that a message was given up for: bounced, expired or thrown away."""

    at: datetime
    recipient: str
    sender: str = ""
    queue_id: str = ""
    reason: str = ""
    code: str = ""


class LogFacts(Struct, frozen=True, tag=True):
    """What a host's logs say, between `since` and `until`.

    `kinds` are the known troubles, the gravest first; `shapes` all that sounds like trouble, the
    latest to begin first. `lost` are the latest of `lost_count`. `lines` is how many were looked
    at; `cut` says what was left out.
    """

    since: datetime
    until: datetime
    sources: tuple[str, ...] = ()
    lines: int = 0
    kinds: tuple[LogKind, ...] = ()
    shapes: tuple[LogShape, ...] = ()
    lost: tuple[LostMail, ...] = ()
    lost_count: int = 0
    last_login: datetime | None = None
    last_delivery: datetime | None = None
    cut: str = ""


class Alert(Struct, frozen=True, tag=True):
    """What a monitor says is wrong, and with what.

    `severity` is critical, warning or info. `since` is when it began as far as the monitor knows,
    `fired` when the monitor was sure of it. `note` says why it rings nobody: silenced,
    acknowledged, in downtime, not confirmed.
    """

    name: str
    about: str
    severity: str = "warning"
    since: datetime | None = None
    fired: datetime | None = None
    summary: str = ""
    note: str = ""


class MonitorFacts(Struct, frozen=True, tag=True):
    """The alerts of a monitor: those on something of ours, and the first of the rest.

    `not_matched` counts all that could not be matched with a host or domain of ours. The alerts of
    ours are `about` that host or domain, the `others` about what the monitor calls it.
    """

    alerts: tuple[Alert, ...] = ()
    others: tuple[Alert, ...] = ()
    not_matched: int = 0


class Sight(Struct, frozen=True, tag=True):
    """A place seen from two sides: `check` is the id of the check that it is the matter of.

    `here` and `there` are open, refused, dropped, unreachable or unclear.
    """

    check: str
    name: str
    here: str
    there: str

    @property
    def is_known(self) -> bool:
        """Whether both sides found something out."""
        return "unclear" not in (self.here, self.there)

    @property
    def opens_here(self) -> bool:
        """Whether we get through."""
        return self.here == "open"

    @property
    def opens_there(self) -> bool:
        """Whether the other device gets through."""
        return self.there == "open"


class VantageFacts(Struct, frozen=True, tag=True):
    """What another device reaches, asked with `tool`, beside what we reach."""

    tool: str
    sights: tuple[Sight, ...] = ()


Facts = (
    PowerFacts
    | ProcessFacts
    | UnitFacts
    | ListenerFacts
    | LimitFacts
    | ClockFacts
    | HardwareFacts
    | UpsFacts
    | LoadFacts
    | DiskFacts
    | QueueFacts
    | DriftFacts
    | ChangeFacts
    | RoundTripFacts
    | LogFacts
    | MonitorFacts
    | VantageFacts
)
