"""Names to addresses and records, through dnspython.

Never through getaddrinfo: its few threads are all taken when a resolver is dead, and then
everything that needs a thread waits. Errors::

    LookupFailed     the resolver could not answer (silent, SERVFAIL, REFUSED): nothing is known
    NoSuchName       NXDOMAIN (RFC 2308): the name does not exist
    NoRecords        the name exists and has no record of that type (NODATA, RFC 2308)
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING

from checks.text import visible

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver as DnsResolver

HOSTS_FILE = Path("/etc/hosts")
RECORDS_LIMIT = 100
"""Records kept of one answer; a domain with more MX records than this is not a mail domain."""


class DnsError(Exception):
    """A look-up that gave no record. The text is for people."""


class LookupFailed(DnsError):
    """The resolver could not answer; nothing is known of the name."""


class NoSuchName(DnsError):
    """The name does not exist."""


class NoRecords(DnsError):
    """The name exists, and has no such record."""


class Resolver:
    """Asks one name server (`server`, an address), or those of this machine.

    The machine's ``/etc/hosts`` counts only where no server is set, as in every other program here.
    """

    def __init__(self, server: str | None = None, *, port: int = 53) -> None:
        self.server = server
        self.port = port
        self._dns: DnsResolver | None = None

    @property
    def name(self) -> str:
        """How to call this resolver in a sentence."""
        return self.server or "this machine's resolver"

    async def addresses(self, name: str, *, deadline: float) -> tuple[str, ...]:
        """The IPv4 and IPv6 addresses of `name`, IPv4 first; an address is its own answer.

        Raises DnsError.
        """
        literal = _literal(name)
        if literal:
            return (literal,)
        known = () if self.server else _in_hosts_file(name)
        if known:
            return known
        found: list[str] = []
        missing: DnsError | None = None
        for kind in ("A", "AAAA"):
            try:
                found += await self.records(name, kind, deadline=deadline)
            except (NoSuchName, NoRecords) as error:
                missing = error
            except LookupFailed:
                if not found:
                    raise
        if not found:
            raise missing or NoRecords(f"{visible(name)} has no address")
        return tuple(found)

    async def records(self, name: str, kind: str, *, deadline: float) -> tuple[str, ...]:
        """The records of type `kind` in their text form, e.g. ``"10 mail1.lab.test."`` for an MX.

        Raises DnsError.
        """
        import dns.exception
        import dns.name
        import dns.resolver

        try:
            answer = await self._resolver().resolve(name, kind, lifetime=deadline)
        except dns.resolver.NXDOMAIN as error:
            raise NoSuchName(f"{visible(name)} does not exist") from error
        except dns.resolver.NoAnswer as error:
            raise NoRecords(f"{visible(name)} has no {kind} record") from error
        except dns.exception.Timeout as error:
            raise LookupFailed(f"{self.name} does not answer") from error
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise LookupFailed(f"{self.name} failed: {visible(str(error), 200)}") from error
        return tuple(visible(record.to_text()) for record in list(answer)[:RECORDS_LIMIT])

    def _resolver(self) -> DnsResolver:
        if self._dns is None:
            from dns.asyncresolver import Resolver as DnsResolver

            self._dns = DnsResolver(configure=self.server is None)
            if self.server is not None:
                self._dns.nameservers = [self.server]
                self._dns.port = self.port
        return self._dns


def _literal(name: str) -> str:
    try:
        return str(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return ""


def _in_hosts_file(name: str) -> tuple[str, ...]:
    try:
        lines = HOSTS_FILE.read_text(errors="replace").splitlines()
    except OSError:
        return ()
    found = []
    for line in lines:
        address, *names = line.partition("#")[0].split() or [""]
        if name.lower().rstrip(".") in map(str.lower, names) and _literal(address):
            found.append(_literal(address))
    return tuple(sorted(set(found), key=lambda address: ":" in address))
