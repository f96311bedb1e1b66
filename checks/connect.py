"""One TCP connection to a target: resolve, connect, and a name for each way that it fails.

Errors::

    NotConnected           .code is the end of the finding's code, .state what it means for a check
    ├── ResolverFailed     resolver-failed       UNKNOWN: nothing is known of the name
    ├── NameNotFound       name-not-found        CRITICAL
    ├── Refused            connect.refused       CRITICAL
    ├── Unreachable        connect.unreachable   CRITICAL
    ├── Filtered           connect.filtered      CRITICAL
    └── NotTried           connect.failed        UNKNOWN: this machine could not even try
    TimeoutError           connect.timeout       CRITICAL, or the caller's own deadline: see
                                                 `Phases.current`
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from contextlib import suppress

from checks.complaint import Complaint, Said, forget, heard, listen
from checks.model import State, Target
from checks.phases import Phases
from checks.resolver import DnsError, LookupFailed
from checks.text import visible


class NotConnected(Exception):
    """There is no connection. The text is for people."""

    code = ""
    state = State.CRITICAL
    note = ""
    """What it usually means, where that helps."""


class ResolverFailed(NotConnected):
    """The resolver could not answer, so the service was not asked."""

    code = "resolver-failed"
    state = State.UNKNOWN


class NameNotFound(NotConnected):
    """The host's name does not exist or has no address."""

    code = "name-not-found"


class Refused(NotConnected):
    """The host answers and nothing listens on the port, or a firewall resets it."""

    code = "connect.refused"
    note = "usually the host is up and the service is not; a firewall can answer so too"


class Unreachable(NotConnected):
    """A router knows no way to the host, or the host is not on its own network."""

    code = "connect.unreachable"
    note = "usually the host is off or unplugged, or a route is missing"


class Filtered(NotConnected):
    """A firewall says that the connection is forbidden."""

    code = "connect.filtered"
    note = "a firewall's rule says no, and says so: ask whoever runs the one that is named"


class NotTried(NotConnected):
    """This machine could not open a connection at all."""

    code = "connect.failed"
    state = State.UNKNOWN


ERRORS = (ResolverFailed, NameNotFound, Refused, Unreachable, Filtered, NotTried)

SILENCE = "usually a firewall drops it without a word; or the host is off, hung or cut off"
"""What it usually means that a connection gets no answer at all."""

_NO_WAY = {errno.EHOSTUNREACH, errno.EHOSTDOWN}
"""Somebody else, or nobody, answered for the host. Not ENETUNREACH: there this machine has no way,
and what it could not ask is not down."""


def findings(kind: str) -> dict[str, str]:
    """The codes that a check of `kind` can answer for a connection, and their meanings."""
    found = {f"{kind}.{error.code}": error.__doc__ or "" for error in ERRORS}
    return found | {f"{kind}.connect.timeout": "The host does not answer the connection at all."}


async def connect(target: Target, phases: Phases, *, deadline: float) -> socket.socket:
    """A connected, non-blocking socket; hand it to ``asyncio.open_connection(sock=…)``.

    Every address of the name is tried, each for its share of `deadline`. When none answers, what
    the first one did is raised, NotConnected or TimeoutError; of one that could not be tried (no
    IPv6 here, say) only where there is no other.
    """
    with phases.phase("resolve"):
        addresses = await resolve(target, deadline=deadline)
    failures: list[NotConnected | TimeoutError] = []
    with phases.phase("connect"):
        for address in addresses:
            try:
                async with asyncio.timeout(deadline / len(addresses)):
                    return await _connect(address, target.port)
            except (NotConnected, TimeoutError) as failure:
                failures.append(failure)
    told = [failure for failure in failures if not isinstance(failure, NotTried)]
    raise (told or failures)[0]


async def knock(target: Target, *, deadline: float) -> None:
    """Connect, and hang up. Raises what `connect` raises."""
    (await connect(target, Phases(), deadline=deadline)).close()


async def resolve(target: Target, *, deadline: float) -> tuple[str, ...]:
    """The addresses of the target. Raises ResolverFailed or NameNotFound."""
    try:
        return await target.resolver.addresses(target.address, deadline=deadline)
    except LookupFailed as error:
        raise ResolverFailed(str(error)) from error
    except DnsError as error:
        raise NameNotFound(str(error)) from error


async def _connect(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    connection: socket.socket | None = None
    try:
        connection = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        with suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listen(connection)
        await asyncio.get_running_loop().sock_connect(connection, (address, port))
    except BaseException as error:
        complaint = None
        if connection is not None:
            complaint = _from_others(connection)
            connection.close()
        if isinstance(error, OSError):
            raise named(error, complaint) from error
        raise
    forget(connection)
    return connection


def _from_others(connection: socket.socket) -> Complaint | None:
    """What a router or host said; our own kernel says the same of a neighbour that is silent."""
    complaint = heard(connection)
    if complaint is None or complaint.by == connection.getsockname()[0]:
        return None
    return complaint


def named(error: OSError, complaint: Complaint | None = None) -> NotConnected | TimeoutError:
    """The error of this module that a failed connection means; who `complaint` is from, knows."""
    if complaint is not None and complaint.said is Said.FILTERED:
        return Filtered(f"{complaint.by} says that it is forbidden")
    if complaint is not None and complaint.said is Said.NO_WAY:
        return Unreachable(f"{complaint.by} has no way to it")
    # asyncio's own text is "Connect call failed"; the kernel's says why.
    reason = os.strerror(error.errno).lower() if error.errno else visible(str(error), 100)
    if isinstance(error, TimeoutError):
        return error
    if isinstance(error, ConnectionError):
        return Refused(reason)
    if error.errno in _NO_WAY:
        return Unreachable(reason)
    return NotTried(f"no connection could be opened: {reason}")
