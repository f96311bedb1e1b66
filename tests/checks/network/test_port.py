import asyncio
import errno
import os
import socket
from collections.abc import Iterator

import pytest

from checks import connect
from checks.model import Host, Result, State, System, Target
from checks.network import port
from checks.resolver import Resolver
from tests.peers import dns
from tests.peers.dns import dns_server
from tests.spaces import NOBODY_NEAR, ROUTER, THERE, THERE_6, Row

OPTIONS = port.Options()


def _target(number: int, address: str = "127.0.0.1", resolver: Resolver | None = None) -> Target:
    host = Host(name="mail1", address=address, services=("smtp", f"sieve:{number}"))
    system = System(name="lab", resolver=resolver or Resolver("127.0.0.1", port=9), hosts=(host,))
    (target,) = port.targets(system)
    return target


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is taken, and that nothing listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose queue of connections is full, so that the next one gets no answer."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        number = listening.getsockname()[1]
        waiting = [socket.socket() for _ in range(8)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", number))
        yield number
        for one in waiting:
            one.close()


async def test_an_open_port_is_ok() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        target = _target(server.sockets[0].getsockname()[1])
        result = await port.check(target, OPTIONS, deadline=2)
        slow = await port.check(target, port.Options(slow=0), deadline=2)
    assert target.id.startswith("sieve/mail1:")
    assert result.state is State.OK
    assert [phase.name for phase in result.phases] == ["resolve", "connect"]
    assert slow.codes == ("port.connect.slow",)
    assert slow.state is State.WARNING


async def test_a_closed_port_is_refused(closed_port: int) -> None:
    result = await port.check(_target(closed_port), OPTIONS, deadline=2)
    assert result.state is State.CRITICAL
    assert result.codes == ("port.connect.refused",)
    assert result.summary == "connection refused"


async def test_a_host_that_does_not_answer_costs_its_deadline(full_port: int) -> None:
    result = await port.check(_target(full_port), OPTIONS, deadline=0.5)
    assert result.state is State.CRITICAL
    assert result.codes == ("port.connect.timeout",)
    assert result.duration < 2


async def test_what_this_machine_cannot_even_try_is_unknown() -> None:
    """A TCP connection to a broadcast address never leaves the machine (tcp(7))."""
    result = await port.check(_target(4190, "255.255.255.255"), OPTIONS, deadline=2)
    assert result.state is State.UNKNOWN
    assert result.codes == ("port.connect.failed",)
    assert "network is unreachable" in result.summary


async def test_an_address_that_could_not_be_tried_hides_no_failure_of_another(
    closed_port: int,
) -> None:
    zone = "mail1.lab.test. A 255.255.255.255\nmail1.lab.test. A 127.0.0.1\n"
    async with dns_server(zone) as peer:
        target = _target(closed_port, "mail1.lab.test", peer.resolver)
        result = await port.check(target, OPTIONS, deadline=2)
    assert result.codes == ("port.connect.refused",)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ECONNREFUSED, "connect.refused"),
        (errno.ECONNRESET, "connect.refused"),
        (errno.EHOSTUNREACH, "connect.unreachable"),
        (errno.ENETUNREACH, "connect.failed"),
        (errno.EADDRNOTAVAIL, "connect.failed"),
        (errno.EPERM, "connect.failed"),
        (errno.EMFILE, "connect.failed"),
    ],
)
def test_the_kernels_reasons_have_names(number: int, code: str) -> None:
    error = connect.named(OSError(number, os.strerror(number)))
    assert isinstance(error, connect.NotConnected)
    assert error.code == code


async def test_the_second_address_is_tried_when_the_first_refuses() -> None:
    zone = "mail1.lab.test. A 127.0.0.9\nmail1.lab.test. A 127.0.0.1\n"
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server, dns_server(zone) as peer:
        number = server.sockets[0].getsockname()[1]
        target = _target(number, "mail1.lab.test", peer.resolver)
        result = await port.check(target, OPTIONS, deadline=2)
    assert result.state is State.OK


async def test_the_second_address_is_tried_when_the_first_is_silent(full_port: int) -> None:
    zone = "mail1.lab.test. A 127.0.0.1\nmail1.lab.test. AAAA ::1\n"
    try:
        server = await asyncio.start_server(lambda _, writer: writer.close(), "::1", full_port)
    except OSError:
        pytest.skip("no IPv6 here")
    async with server, dns_server(zone) as peer:
        target = _target(full_port, "mail1.lab.test", peer.resolver)
        result = await port.check(target, OPTIONS, deadline=2)
    assert result.state is State.OK


@pytest.mark.parametrize(
    ("name", "behaviour", "state", "code"),
    [
        ("no.lab.test", dns.answer, State.CRITICAL, "port.name-not-found"),
        ("mail1.lab.test", dns.silent, State.UNKNOWN, "port.resolver-failed"),
        ("mail1.lab.test", dns.refused, State.UNKNOWN, "port.resolver-failed"),
    ],
)
async def test_a_name_that_gives_no_address(
    name: str, behaviour: dns.Behaviour, state: State, code: str
) -> None:
    async with dns_server("mail1.lab.test. A 127.0.0.1", behaviour) as peer:
        result = await port.check(_target(4190, name, peer.resolver), OPTIONS, deadline=0.5)
    assert result.state is state
    assert result.codes == (code,)
    assert result.duration < 2


async def test_every_code_is_declared() -> None:
    for phase in ("resolve", "connect"):
        _, code, _ = port.judge(TimeoutError(), phase, 5, OPTIONS)
        assert code in port.FINDINGS


def _asked(row: Row, number: int, address: str = THERE, deadline: float = 8) -> Result:
    target = _target(number, address)
    return row.here.run(lambda: port.check(target, OPTIONS, deadline=deadline))


@pytest.mark.real
@pytest.mark.parametrize(
    ("rule", "code", "words"),
    [
        ("tcp dport 4190 reject with tcp reset", "refused", "a firewall can answer so too"),
        ("tcp dport 4190 reject", "refused", "the host is up and the service is not"),
        ("tcp dport 4190 drop", "timeout", "a firewall drops it without a word"),
        (
            "tcp dport 4190 reject with icmpx admin-prohibited",
            "filtered",
            f"{THERE} says that it is forbidden; a firewall's rule says no",
        ),
    ],
)
def test_refused_dropped_and_filtered_are_told_apart_with_what_each_means(
    row: Row, rule: str, code: str, words: str
) -> None:
    row.there.firewall(rule)
    result = _asked(row, 4190, deadline=1)
    assert result.codes == (f"port.connect.{code}",)
    assert words in result.findings[0].text
    assert result.state is State.CRITICAL


@pytest.mark.real
def test_a_firewall_names_itself_over_ipv6_too(row: Row) -> None:
    row.there.firewall("tcp dport 4190 reject with icmpx admin-prohibited")
    result = _asked(row, 4190, THERE_6)
    assert result.codes == ("port.connect.filtered",)
    assert result.summary == f"{THERE_6} says that it is forbidden"


@pytest.mark.real
def test_who_has_no_way_is_named(row: Row) -> None:
    row.router.do("ip", "route", "add", "unreachable", "198.51.100.0/24")
    result = _asked(row, 4190, "198.51.100.9")
    assert result.codes == ("port.connect.unreachable",)
    assert result.summary == f"{ROUTER} has no way to it"


@pytest.mark.real
def test_a_neighbour_that_is_silent_is_not_named_by_our_own_kernel(row: Row) -> None:
    result = _asked(row, 4190, NOBODY_NEAR)
    assert result.codes == ("port.connect.unreachable",)
    assert result.summary == "no route to host"
