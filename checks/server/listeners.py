"""This host listens on the ports of its services, and not for itself alone.

From /proc/net/tcp and tcp6 (proc(5)), which show every socket of the host to every user. Says why
a service is refused from outside: its program does not run, or runs and does not listen there. A
port may be another host's by DNAT: only where the program belongs here, as `processes` has it, is
it an alarm that neither is there. Beside that, the gateways of the host (/proc/net/route): whether
one that is silent cuts mail off is for the diagnosis to say.
Nothing is asked of hosts that carry no mail themselves (`mta = "none"`): they hand connections on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, ip_address

from msgspec import Struct

from checks.facts import ListenerFacts
from checks.hosts import LoginError
from checks.model import CheckOptions, Host, Result, State, System, Target, split_service, worst
from checks.phases import Phases
from checks.server import _look, _process_table
from checks.server._families import NEEDED_BY, expected, find
from checks.server._judged import Judged, result
from checks.server._look import Garbled, Question
from checks.server._process_table import Table
from checks.server._programs import PROGRAMS, Role

FINDINGS = _look.FINDINGS | {
    "listener.missing": "nothing on the host listens on the port of a service",
    "listener.loopback-only": "a service listens for the machine itself alone: 127.0.0.1 or ::1",
}

# The kernel shows the listening sockets first (0A is TCP_LISTEN), so that thousands of
# connections behind them are never printed.
SCRIPT = """
for file in /proc/net/tcp /proc/net/tcp6; do
  sed -n -e '1{p;d;}' -e '/ 0A /!q' -e p "$file"
done 2>/dev/null
awk '$2 == "00000000" && $8 == "00000000"' /proc/net/route 2>/dev/null
exit 0
"""


class Listener(Struct, frozen=True):
    """A socket that takes connections."""

    port: int
    is_loopback: bool


class Options(CheckOptions, frozen=True, kw_only=True):
    """``[check.listeners]``."""


def targets(system: System) -> list[Target]:
    """Every host that lets us in and has services of its own."""
    reachable = system.each_host("listeners", with_login=True)
    return [one for one in reachable if one.host and one.host.services and one.host.mta != "none"]


async def check(
    target: Target,
    options: Options,  # noqa: ARG001  # every check is given its own
    *,
    deadline: float,
) -> Result:
    """Look at the sockets once, and at the processes for the reason."""
    phases = Phases()
    try:
        host, login = _look.host_of(target)
        with phases.phase("look"):
            seen, table = await _look.both(
                _look.look(login, QUESTION, deadline=deadline),
                _look.look(login, _process_table.QUESTION, deadline=deadline),
            )
    except LoginError as error:
        return _look.blind(phases, target, error)
    return result(
        phases,
        judge(seen, host, table),
        in_words(seen, host),
        facts=seen,
        metrics={"listening": float(len(seen.ports) + len(seen.loopback))},
    )


def facts(listeners: Iterable[Listener], gateways: Iterable[str] = ()) -> ListenerFacts:
    """The ports and gateways, each once."""
    ports = {one.port for one in listeners if not one.is_loopback}
    loopback = {one.port for one in listeners} - ports
    ways = tuple(dict.fromkeys(gateways))
    return ListenerFacts(tuple(sorted(ports)), tuple(sorted(loopback)), ways)


def judge(seen: ListenerFacts, host: Host, table: Table) -> list[Judged]:
    """The ports of each kind of service that nobody from outside reaches."""
    judged = []
    running = {one.program.noun: one.program for one in find(table) if one.is_alive}
    wanted = expected(table, host, set(running))
    ports = [split_service(service) for service in host.services]
    for role, services in (*NEEDED_BY.items(), (None, {"https"})):
        asked = sorted(port for name, port in ports if name in services)
        missing = [port for port in asked if port not in (*seen.ports, *seen.loopback)]
        if missing:
            own = [one.title for one in running.values() if one.role == role]
            state = State.OK if own or table.is_hidden else _need(role, wanted)
            text = f"nothing listens on {_listed(missing)}{_why(role, own, table)}"
            judged.append(Judged(state, "listener.missing", text))
        shut = [port for port in asked if port in seen.loopback]
        if shut and not _is_loopback(host.address):
            text = f"{_listed(shut)} only for this machine itself: bound to a loopback address"
            judged.append(Judged(State.WARNING, "listener.loopback-only", text))
    return judged


def _need(role: Role | None, wanted: Mapping[str, State]) -> State:
    """How bad it is that no program of that role runs: OK where none belongs there."""
    return worst(wanted.get(one.noun, State.OK) for one in PROGRAMS if one.role == role)


def _why(role: Role | None, running: Sequence[str], table: Table) -> str:
    """Whether the program of those services runs."""
    if role is None:
        return ""
    if running:
        return f", and {' and '.join(running)} {'runs' if len(running) == 1 else 'run'}"
    return ", nor can we see its program" if table.is_hidden else ": its program does not run"


def _listed(ports: Sequence[int]) -> str:
    return ", ".join(map(str, ports))


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def in_words(seen: ListenerFacts, host: Host) -> str:
    """``listens on 25, 587``."""
    ports = {port for _, port in map(split_service, host.services)}
    return f"listens on {_listed(sorted(ports & {*seen.ports, *seen.loopback}))}"


_SOCKET = re.compile(
    r" *\d{1,9}: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F:]+ 0A .*", re.ASCII
)

_LOOPBACK = re.compile(r"(0000000000000000FFFF0000)?[0-9A-F]{6}7F|0{24}01000000", re.ASCII)
"""127.0.0.0/8, also mapped (RFC 4291), and ::1, in words of 32 bit of a little-endian machine."""


def parse(text: str) -> tuple[Listener, ...]:
    r"""The sockets among what `SCRIPT` printed. Raises Garbled.

    >>> parse("  sl  local_address rem_address   st\n   0: 0100007F:0019 00000000:0000 0A 0\n")
    (Listener(port=25, is_loopback=True),)
    """
    if "local_address" not in text:
        raise Garbled("no /proc there as Linux has it")
    found = filter(None, map(_SOCKET.fullmatch, text.split("\n")))
    return tuple(Listener(int(one[2], 16), bool(_LOOPBACK.fullmatch(one[1]))) for one in found)


_DEFAULT = re.compile(r"\S{1,15}\t0{8}\t([0-9A-F]{8})\t0{3}[0-9A-F]\t[0-9\t]+\t0{8}\t.*", re.ASCII)
"""A default route that is up and none to nowhere (RTF_REJECT, 0200), as proc_net(5) has it."""


def parse_gateways(text: str) -> Iterator[str]:
    r"""The gateways among what `SCRIPT` printed.

    >>> list(parse_gateways("eth0\t00000000\t01004D0A\t0003\t0\t0\t0\t00000000\t0\t0\t0  "))
    ['10.77.0.1']
    """
    for one in filter(None, map(_DEFAULT.fullmatch, text.split("\n"))):
        yield str(IPv4Address(bytes.fromhex(one[1])[::-1]))


def read(text: str) -> ListenerFacts:
    """What `SCRIPT` printed. Raises Garbled."""
    return facts(parse(text), parse_gateways(text))


QUESTION = Question("listeners", None, SCRIPT, read)
