"""This machine's own mail server as a system: Postfix or Exim, and Dovecot.

One that is installed, never ran and listens on nothing does not count: Debian's packages come along
with others and lie idle. One that ran once counts for ever, because the console must open on a
server whose MTA has just died.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from app.config import rules
from app.discovery import programs
from app.discovery.listening import parse_listening, sockets
from checks.hosts.local import LocalLogin
from checks.model import SERVICE_PORTS, Host, System
from checks.resolver import Resolver

LOOPBACK = "127.0.0.1"

POSTFIX_QUEUE = Path("/var/spool/postfix")
"""Postfix's ``queue_directory``, where it can't say so itself."""

DOVECOT_RAN = Path("/var/lib/dovecot/instances")
"""Where Dovecot's master writes itself when it starts; anybody may see it."""

MAIL_SERVICES = {service: port for service, port in SERVICE_PORTS.items() if service != "https"}
"""A web server is no sign of mail."""

LISTENERS = {
    name: f"service/{name.removesuffix('s')}-login/inet_listener/{name}/port"
    for name in ("imap", "imaps", "pop3", "pop3s")
}
"""Dovecot's settings that hold the services' ports."""

_EVERYWHERE = {"", "all", "loopback-only", "localhost", LOOPBACK}

_RECEIVERS = {"smtpd", "postscreen"}


class Server(Struct, frozen=True, kw_only=True):
    """A mail server program as it is configured. `address` is one that it listens on."""

    mta: str
    address: str = LOOPBACK
    domains: tuple[str, ...] = ()
    services: frozenset[str] = frozenset()


def local_system() -> System | None:
    """The system that this machine is by itself; None where it is no mail server. Blocks."""
    mta = _postfix() or _exim() or Server(mta="")
    services = mta.services | _dovecot() | _listening(mta.address)
    if not services:
        return None
    name = os.uname().nodename.partition(".")[0] or "localhost"
    host = Host(
        name=name,
        address=mta.address,
        login=LocalLogin(),
        mta=mta.mta,
        services=tuple(service for service in MAIL_SERVICES if service in services),
    )
    return System(name=name, resolver=Resolver(), domains=mta.domains, hosts=(host,))


def _postfix() -> Server | None:
    """Postfix, if it ran once: master leaves files in the ``pid`` folder of its queue.

    Where main.cf is broken, so that postconf says nothing, it is this machine's MTA all the same.
    """
    names = ("queue_directory", "inet_interfaces", "myhostname", "mydestination")
    settings = programs.lines("postconf", "-xh", *names, "virtual_mailbox_domains")
    is_readable = len(settings) >= len(names)
    queue = Path(settings[0]) if is_readable else POSTFIX_QUEUE
    if not programs.find("postconf") or not _holds_files(queue / "pid"):
        return None
    if not is_readable:
        return Server(mta="postfix", services=frozenset({"smtp"}))
    _, interfaces, own_name, *domains = settings
    return Server(
        mta="postfix",
        address=parse_interfaces(interfaces),
        domains=parse_domains(" ".join(domains), own_name),
        services=parse_master(programs.lines("postconf", "-M")),
    )


def _exim() -> Server | None:
    """Exim, if it is to start with the machine: what it leaves behind only root may see."""
    has_exim = programs.find("exim4") or programs.find("exim")
    if not has_exim or not programs.is_enabled("exim4", "exim"):
        return None
    return Server(mta="exim", services=frozenset({"smtp"}))


def _dovecot() -> frozenset[str]:
    """Dovecot's services, if it ran once."""
    if not DOVECOT_RAN.exists():
        return frozenset()
    names = [service for service in MAIL_SERVICES if service in LISTENERS]
    ports = programs.lines("doveconf", "-h", *(LISTENERS[name] for name in names))
    protocols = set(" ".join(programs.lines("doveconf", "-h", "protocols")).split())
    return frozenset(
        name
        for name, port in zip(names, ports, strict=False)
        if port == str(MAIL_SERVICES[name]) and name.removesuffix("s") in protocols
    )


def _holds_files(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except OSError:
        return False


def parse_interfaces(text: str) -> str:
    """Postfix's ``inet_interfaces`` (postconf(5)) as an address to ask it on.

    >>> parse_interfaces("all"), parse_interfaces("10.0.0.5, localhost"), parse_interfaces("[::1]")
    ('127.0.0.1', '10.0.0.5', '::1')
    """
    named = text.replace(",", " ").split()
    return LOOPBACK if not named or named[0] in _EVERYWHERE else named[0].strip("[]")


def parse_domains(text: str, own_name: str) -> tuple[str, ...]:
    """The mail domains in a list of Postfix's; look-up tables and the machine's names are none.

    >>> parse_domains("mx.lab.test, localhost.localdomain, , vm Lab.test hash:/x", "mx.lab.test")
    ('lab.test',)
    """
    names = text.lower().replace(",", " ").split()
    is_own = {own_name.lower(), "localhost.localdomain", "localhost.localhost"}
    return tuple(dict.fromkeys(name for name in names if name not in is_own and _is_domain(name)))


def _is_domain(text: str) -> bool:
    try:
        rules.domains([text])
    except ValueError:
        return False
    return "." in text.strip(".")


def parse_master(lines: Iterable[str]) -> frozenset[str]:
    """The services on usual ports in what ``postconf -M`` prints of master.cf (master(5)).

    >>> sorted(parse_master([
    ...     "smtp       inet  n  -  y  -  1  postscreen",
    ...     "submission inet  n  -  y  -  -  smtpd -o smtpd_tls_security_level=encrypt",
    ...     "127.0.0.1:10025 inet n - y - - smtpd",
    ...     "smtp       unix  -  -  y  -  -  smtp",
    ... ]))
    ['smtp', 'submission']
    """
    fields = [line.split() for line in lines]
    names = {
        one[0].rpartition(":")[2]
        for one in fields
        if len(one) > 7 and one[1] == "inet" and one[7] in _RECEIVERS
    }
    found = {_PORT_NAMES.get(name, name) for name in names}
    return frozenset(found & {"smtp", "submission", "smtps"})


_PORT_NAMES = {"25": "smtp", "587": "submission", "465": "smtps", "submissions": "smtps"}
"""Other names that master.cf may have for the services (services(5))."""


def _listening(address: str) -> frozenset[str]:
    ports = set(parse_listening(sockets(), address))
    return frozenset(service for service, port in MAIL_SERVICES.items() if port in ports)
