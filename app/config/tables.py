"""The tables of the config, as they are written (DESIGN.md, section 3)."""

from __future__ import annotations

from msgspec import Struct

from app.config import rules
from app.config.rules import Rules
from app.incident.rhythm import Rhythm
from app.notices.contacts import Contact
from checks.secret import Secret


class SystemTable(Struct, frozen=True, kw_only=True):
    """``[system]``."""

    name: str = ""
    domains: tuple[str, ...] = ()
    resolver: str | None = None


class HostTable(Struct, frozen=True, kw_only=True):
    """``[[host]]``. What is left out of `address` is the name."""

    name: str
    address: str = ""
    login: str = "none"
    mta: str = ""
    services: tuple[str, ...] = ()
    power: str = "none"
    power_user: str = ""
    power_password: Secret | None = None
    power_fingerprint: str = ""
    power_on: tuple[str, ...] = ("running", "on", "up", "active")
    power_off: tuple[str, ...] = ("off", "stopped", "halted", "terminated", "down")
    ups: str | None = None
    queue: str = ""
    watch: tuple[str, ...] = ()
    ca_file: str = ""


class CanaryTable(Struct, frozen=True, kw_only=True):
    """``[[canary]]``: a mailbox of ours that test mail is sent to and read from.

    `submission` and `imap` are hosts, or hosts with a port. `user` logs in, else the address.
    """

    address: str
    submission: str
    imap: str
    password: Secret
    user: str = ""


class MonitorTable(Struct, frozen=True, kw_only=True):
    """``[[monitor]]``: the site's own monitoring. `query` are PromQL, for Prometheus alone.

    Nagios is asked at its ``statusjson.cgi``, or its status file is read through `login`. A plugin
    is a `command`, run here or through `login`; `about` is the host or domain that it looks at.
    """

    name: str
    kind: str
    url: str = ""
    login: str = "none"
    status_file: str = "/var/lib/nagios4/status.dat"
    query: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    about: str = ""
    user: str = ""
    password: Secret | None = None
    token: Secret | None = None
    ca_file: str = ""
    fingerprint: str = ""


class VantageTable(Struct, frozen=True, kw_only=True):
    """``[[vantage]]``: another device that the same checks are run from."""

    name: str
    login: str


class RouteTable(Struct, frozen=True, kw_only=True):
    """``[[route]]``: a way that notices go. ``{secret}`` in `url` stands for the secret.

    `to_file` holds an address a line, beside those of `to`.
    """

    name: str
    audience: tuple[str, ...]
    url: str
    secret: Secret | None = None
    sender: str = ""
    to: tuple[str, ...] = ()
    to_file: str = ""
    body: str = ""
    address: str = ""
    ca_file: str = ""
    login_by_mail: bool = False
    test_to: tuple[str, ...] = ()
    push: tuple[str, ...] = ()


class Notices(Rhythm, frozen=True, kw_only=True):
    """``[notices]``. `zone` is whose times readers get, left out that of this machine.

    `contact` is whom readers can turn to.
    """

    zone: str = ""
    contact: str = ""


class Log(Struct, frozen=True, kw_only=True):
    """``[log]``. `folder` is the shared state folder, if there is one."""

    folder: str = ""


class Sop(Struct, frozen=True, kw_only=True):
    """``[sop]``. `file` is the house's own procedure, beside the config if it names no folder."""

    file: str = ""


RULES: dict[type[Struct], Rules] = {
    SystemTable: {"domains": rules.domains, "resolver": rules.address},
    HostTable: {
        "name": rules.name,
        "address": rules.host,
        "login": rules.login,
        "mta": rules.mta,
        "services": rules.services,
        "watch": rules.paths,
        "power": rules.power,
        "ups": rules.ups,
        "queue": rules.queue,
        "power_fingerprint": rules.fingerprint,
        "power_on": rules.words,
        "power_off": rules.words,
    },
    CanaryTable: {"address": rules.mailbox, "submission": rules.place, "imap": rules.place},
    MonitorTable: {
        "name": rules.name,
        "kind": rules.monitor,
        "url": rules.url,
        "login": rules.login,
        "query": rules.words,
        "fingerprint": rules.fingerprint,
    },
    VantageTable: {"name": rules.name, "login": rules.way_in},
    RouteTable: {
        "name": rules.name,
        "audience": rules.audience,
        "to": rules.recipients,
        "test_to": rules.recipients,
        "address": rules.address,
    },
    Contact: {
        "name": rules.reading,
        "role": rules.names,
        "reach": rules.readings,
        "hours": rules.hours,
        "zone": rules.zone,
        "after": rules.minutes,
    },
    Notices: {
        "first": rules.seconds,
        "urgent": rules.seconds,
        "urgent_for": rules.seconds,
        "every": rules.pauses,
        "zone": rules.zone,
    },
}
