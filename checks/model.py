"""The words every floor shares: frozen values, no I/O.

A *check* asks one question of one `Target` and answers a `Result`. Times are aware UTC
datetimes, durations are seconds, sizes are bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import IntEnum, StrEnum

from msgspec import Struct

from checks.facts import Facts
from checks.hosts import Login
from checks.resolver import Resolver
from checks.secret import Secret


class State(IntEnum):
    """How a check ended; the value is the exit status of a monitoring plugin.

    https://www.monitoring-plugins.org/doc/guidelines.html
    """

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3

    @property
    def badness(self) -> int:
        """Where the state stands when the worst comes first; 3 is the worst.

        "Could not look" is less bad than "looked, and it is bad".
        """
        return _BADNESS[self]


_BADNESS = {State.OK: 0, State.UNKNOWN: 1, State.WARNING: 2, State.CRITICAL: 3}


def worst(states: Iterable[State]) -> State:
    """The worst of `states`; OK when there are none."""
    return max(states, key=lambda state: state.badness, default=State.OK)


class Phase(Struct, frozen=True):
    """One step of a check, such as ``connect`` or ``banner``, and how long it took."""

    name: str
    duration: float


class Finding(Struct, frozen=True):
    """A stable code for something seen, e.g. ``smtp.connect.refused``; diagnosis reasons on it."""

    code: str
    text: str = ""


class Result(Struct, frozen=True, kw_only=True):
    """What a check saw.

    `evidence` holds lines from outside, already made `visible()`; `mend` is the command that would
    let us see what could not be seen.
    """

    state: State
    summary: str
    phases: tuple[Phase, ...] = ()
    metrics: dict[str, float] = {}
    findings: tuple[Finding, ...] = ()
    evidence: tuple[str, ...] = ()
    facts: Facts | None = None
    mend: str = ""
    at: datetime
    duration: float

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the findings."""
        return tuple(finding.code for finding in self.findings)


class CheckOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every ``[check.KIND]`` table can set; each check adds its thresholds.

    `rest` keeps a costly check gentle: it starts no sooner than `rest` times its last duration
    after it ended. A state counts after `failure_threshold` failures in a row, and is over after
    `success_threshold` successes (names and defaults as Gatus has them).
    """

    interval: float = 10.0
    deadline: float = 5.0
    rest: float = 0.0
    failure_threshold: int = 3
    success_threshold: int = 2

    @property
    def is_wanted(self) -> bool:
        """Whether there is anything to ask."""
        return True


class Power(Struct, frozen=True, kw_only=True):
    """Who knows whether a host is switched on.

    `kind` is redfish, ipmi or command, and `where` the system's URL, the BMC's ``HOST`` or
    ``HOST:PORT``, or the command line. `on` and `off` are words of that command's output.
    """

    kind: str
    where: str
    user: str = ""
    password: Secret | None = None
    fingerprint: str = ""
    on: tuple[str, ...] = ()
    off: tuple[str, ...] = ()


class Host(Struct, frozen=True, kw_only=True):
    """A machine that carries mail, or a device on the way to it.

    `ups` is what upsc(8) takes for its uninterruptible power supply, or empty. `queue` are the
    words of a command that counts its queue, where that is neither Postfix's nor Exim's.
    """

    name: str
    address: str
    login: Login | None = None
    mta: str = ""
    services: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()
    ca_file: str = ""
    power: Power | None = None
    ups: str = ""
    queue: tuple[str, ...] = ()


class Target(Struct, frozen=True, kw_only=True):
    """What a check is asked about.

    `name` is how the screen calls it (``mail1``, ``mail1:25``, ``lab.test``); `about` stands
    before it in the check's id: the service (``submission``), else the noun (``queue``). `hosts`
    and `domains` are those that a question is about too; `trip` is for round trips of test mail
    alone, `monitor` for what the site's own monitoring says, `vantage` for what is asked from
    another device.
    """

    name: str
    about: str
    resolver: Resolver
    address: str = ""
    port: int = 0
    host: Host | None = None
    hosts: tuple[Host, ...] = ()
    domains: tuple[str, ...] = ()
    trip: Trip | None = None
    monitor: Monitor | None = None
    vantage: Vantage | None = None

    @property
    def id(self) -> str:
        """The stable id of the check of this target, e.g. ``submission/mail1:587``."""
        return f"{self.about}/{self.name}"

    @property
    def on_the_way(self) -> tuple[Host, ...]:
        """The hosts that the check has to do with: those on the way of a trip, else its own."""
        ways = (self.trip.door, self.trip.recipient.imap) if self.trip else (self,)
        return tuple(way.host for way in ways if way.host is not None)


class Canary(Struct, frozen=True, kw_only=True):
    """A mailbox of ours that test mail is sent from and to, and the services that it uses."""

    address: str
    user: str
    password: Secret
    submission: Target
    imap: Target

    @property
    def domain(self) -> str:
        """The mail domain that it is in."""
        return self.address.rpartition("@")[2].lower()


class Trip(Struct, frozen=True, kw_only=True):
    """From where and to whom test mail goes: through `door`, by a canary or as a stranger."""

    door: Target
    sender: Canary | None
    recipient: Canary


class Monitor(Struct, frozen=True, kw_only=True):
    """Somebody who watches as well: the site's own monitoring.

    `kind` is alertmanager, prometheus, icinga2, nagios or plugin. Nagios is asked at `url`, or its
    `status_file` is read through `login`. `queries` are PromQL, each of which answers what is
    wrong. A plugin is a `command` run through `login`, `about` one of our names. `hosts` and
    `domains` are those whose alerts count as ours.
    """

    name: str
    kind: str
    url: str = ""
    login: Login | None = None
    status_file: str = ""
    queries: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    about: str = ""
    user: str = ""
    password: Secret | None = None
    token: Secret | None = None
    ca_file: str = ""
    fingerprint: str = ""
    hosts: tuple[Host, ...] = ()
    domains: tuple[str, ...] = ()


class Vantage(Struct, frozen=True, kw_only=True):
    """Another device, and what it `asks` of others, as we ask it from here."""

    name: str
    login: Login
    asks: tuple[Target, ...] = ()


SERVICE_PORTS = {
    "smtp": 25,
    "submission": 587,
    "smtps": 465,
    "imap": 143,
    "imaps": 993,
    "pop3": 110,
    "pop3s": 995,
    "sieve": 4190,
    "https": 443,
}


class System(Struct, frozen=True, kw_only=True):
    """Everything the config describes."""

    name: str
    resolver: Resolver
    domains: tuple[str, ...] = ()
    hosts: tuple[Host, ...] = ()
    canaries: tuple[Canary, ...] = ()
    monitors: tuple[Monitor, ...] = ()
    vantages: tuple[Vantage, ...] = ()

    def services(self, *names: str) -> list[Target]:
        """A target for each service of each host that is called one of `names`."""
        return [
            Target(
                name=f"{host.name}:{port}",
                about=service,
                address=host.address,
                port=port,
                host=host,
                resolver=self.resolver,
            )
            for host in self.hosts
            for service, port in map(split_service, host.services)
            if service in names
        ]

    def each_host(self, about: str, *, with_login: bool = False) -> list[Target]:
        """A target for each host; with `with_login` only for those that let us in."""
        return [
            Target(
                name=host.name,
                about=about,
                address=host.address,
                host=host,
                resolver=self.resolver,
            )
            for host in self.hosts
            if host.login is not None or not with_login
        ]

    def each_domain(self, about: str) -> list[Target]:
        """A target for each mail domain."""
        return [Target(name=domain, about=about, resolver=self.resolver) for domain in self.domains]


def split_service(text: str) -> tuple[str, int]:
    """The service and port of ``"smtp"`` or ``"smtp:2525"``.

    Raises ValueError for a service or port that does not exist.
    """
    service, colon, port = text.partition(":")
    if service not in SERVICE_PORTS:
        raise ValueError(f"no service is called {service!r}")
    if not colon:
        return service, SERVICE_PORTS[service]
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{port!r} is not a port from 1 to 65535")
    return service, int(port)


class Severity(StrEnum):
    """How much it matters: SEV1 hits everybody, SEV4 hardly anybody."""

    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"


class Scope(Struct, frozen=True):
    """Whom it hits. `kind` is none, one-user, one-domain, one-service, one-host or all-users."""

    kind: str = "none"
    summary: str = ""
    affected: tuple[str, ...] = ()
    unaffected: tuple[str, ...] = ()


class Cause(Struct, frozen=True, kw_only=True):
    """An explanation of what is seen. `confidence` is a probability, 0 to 1."""

    cause: str
    host: str
    title: str
    confidence: float = 0.0
    explains: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    contradicted_by: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    tell_apart: str = ""


class Verdict(Struct, frozen=True, kw_only=True):
    """Healthy, degraded, outage or unknown; for whom, since when and why.

    `reason` says why the severity is what it is, `rests_on` names the checks that show it.
    """

    verdict: str
    summary: str
    severity: Severity | None = None
    reason: str = ""
    rests_on: tuple[str, ...] = ()
    since: datetime | None = None
    scope: Scope = Scope()
    causes: tuple[Cause, ...] = ()


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)
