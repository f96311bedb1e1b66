"""What discovery finds, as values: hosts, what is promised of them, and what answers there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from app.config import rules
from checks.model import SERVICE_PORTS, split_service


class Found(Struct, frozen=True):
    """A host by its full name, what the DNS promises there, its addresses, what answers there."""

    name: str
    promised: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    answering: tuple[str, ...] = ()

    @property
    def is_mail(self) -> bool:
        """Whether it has to do with mail; a web server alone is no sign of it."""
        return any(split_service(one)[0] != "https" for one in self.services)

    @property
    def services(self) -> tuple[str, ...]:
        """Those promised and those that answer, none twice, in the usual order."""
        by_port = {split_service(one)[1]: one for one in (*self.answering, *self.promised)}
        order = list(SERVICE_PORTS)
        return tuple(sorted(by_port.values(), key=lambda one: order.index(split_service(one)[0])))


def parse_mx(records: Iterable[str]) -> list[Found]:
    """The hosts of MX records in text form, best first; none of a null MX (RFC 7505).

    >>> [one.name for one in parse_mx(["20 b.test.", "5 a.test."])], parse_mx(["0 ."])
    (['a.test', 'b.test'], [])
    """
    pairs = [record.partition(" ") for record in records]
    names = [name for _, name in sorted((int(number), name) for number, _, name in pairs)]
    return [Found(host, ("smtp",)) for host in map(_host, names) if host]


def parse_srv(record: str, service: str) -> list[Found]:
    """The host and the service, with its port if unusual, of an SRV record in text form.

    >>> parse_srv("0 1 1993 mail1.lab.test.", "imaps"), parse_srv("0 0 0 .", "pop3")
    ([Found(name='mail1.lab.test', promised=('imaps:1993',), addresses=(), answering=())], [])
    """
    _, _, port, name = record.split(" ", 3)
    host = _host(name)
    if not host or port == "0":
        return []
    is_usual = int(port) == SERVICE_PORTS[service]
    return [Found(host, (service if is_usual else f"{service}:{port}",))]


def _host(name: str) -> str:
    """A name from the DNS as ours; empty when it can't be a host's, as ``.`` in a null MX."""
    host = name.lower().rstrip(".")
    try:
        rules.host(host)
    except ValueError:
        return ""
    return host


def merged(promised: Iterable[Found]) -> list[Found]:
    """One of each name, with all its promises."""
    by_name: dict[str, Found] = {}
    for one in promised:
        before = by_name.get(one.name, Found(one.name))
        by_name[one.name] = replace(before, promised=(*before.promised, *one.promised))
    return list(by_name.values())


def without_echoes(resolved: Sequence[Found], *, promised: int) -> list[Found]:
    """Without the guesses that lead nowhere, or where a host before them leads already."""
    hosts = list(resolved[:promised])
    seen = {address for one in hosts for address in one.addresses}
    for guess in resolved[promised:]:
        if not seen.issuperset(guess.addresses):
            hosts.append(guess)
            seen.update(guess.addresses)
    return hosts
