import asyncio
import re
import subprocess
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Host, Result, State, System, Target
from checks.network import _echo, _minute, _way, ping
from checks.network._echo import Echo, by_command, by_icmplib, parse_ping
from checks.network._way import Means, Way
from checks.resolver import Resolver
from tests.peers import dns
from tests.peers.dns import dns_server
from tests.spaces import THERE, Row

BY_ICMP = Way(Means.SOCKET)
BY_TCP = Way(Means.TCP, "the kernel refuses ICMP sockets")


def _target(address: str, *services: str, resolver: Resolver | None = None) -> Target:
    host = Host(name="mail1", address=address, services=services)
    system = System(name="lab", resolver=resolver or Resolver("127.0.0.1", port=9), hosts=(host,))
    (target,) = ping.targets(system)
    return target


def _use(monkeypatch: pytest.MonkeyPatch, way: Way) -> None:
    monkeypatch.setattr(_way, "_decided", [way])


@pytest.fixture
async def open_port() -> str:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    return f"smtp:{server.sockets[0].getsockname()[1]}"


async def test_a_host_that_answers_is_ok_and_the_result_says_what_was_used() -> None:
    way = await _way.way()
    if way.means is Means.TCP:
        pytest.skip(f"no ICMP for this user: {way.why}")
    result = await ping.check(_target("127.0.0.1"), ping.Options(), deadline=5)
    assert result.state is State.OK
    assert result.metrics["loss"] == 0
    assert 0 < result.metrics["rtt"] < 1
    assert f"asked by {way.means}" in result.evidence[0]
    assert [phase.name for phase in result.phases] == ["resolve", "turn", "echo"]


async def test_the_target_is_the_host_and_its_id_names_it() -> None:
    assert _target("127.0.0.1").id == "ping/mail1"


async def test_the_system_ping_is_used_where_sockets_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if _way._command_refusal():
        pytest.skip("ping is not installed")
    monkeypatch.setattr(_way, "_socket_refusal", lambda *, is_raw: "no ICMP for you")
    way = _way.decide()
    assert way == Way(Means.COMMAND, "no ICMP for you")
    _use(monkeypatch, way)
    result = await ping.check(_target("127.0.0.1"), ping.Options(), deadline=5)
    assert result.state is State.OK
    assert result.evidence[0] == "127.0.0.1: asked by system ping (no ICMP for you)"
    assert 0 < result.metrics["rtt"] < 1


async def test_tcp_stands_in_where_nothing_else_is_allowed(
    monkeypatch: pytest.MonkeyPatch, open_port: str
) -> None:
    monkeypatch.setattr(_way, "_socket_refusal", lambda *, is_raw: "no ICMP for you")
    monkeypatch.setenv("PATH", "/nowhere")
    way = _way.decide()
    assert way.means is Means.TCP
    assert "no ICMP for you; no system ping" in way.why
    _use(monkeypatch, way)
    result = await ping.check(_target("127.0.0.1", open_port), ping.Options(), deadline=5)
    assert result.state is State.OK
    assert result.codes == ("ping.by-tcp",)
    assert "by tcp, not ICMP" in result.summary


async def test_a_refused_connection_is_an_answer_of_the_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _use(monkeypatch, BY_TCP)
    result = await ping.check(_target("127.0.0.1", "smtp:9"), ping.Options(), deadline=5)
    assert result.state is State.OK


async def test_without_icmp_and_without_services_nothing_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _use(monkeypatch, BY_TCP)
    result = await ping.check(_target("127.0.0.1"), ping.Options(), deadline=5)
    assert result.state is State.UNKNOWN
    assert result.codes == ("ping.not-sent", "ping.by-tcp")


async def test_the_way_is_found_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def decide() -> Way:
        tried.append(1)
        time.sleep(0.05)
        return BY_TCP

    monkeypatch.setattr(_way, "_decided", [])
    monkeypatch.setattr(_way, "decide", decide)
    assert set(await asyncio.gather(*(_way.way() for _ in range(5)))) == {BY_TCP}
    assert len(tried) == 1


async def test_a_request_that_could_not_leave_is_no_lost_packet() -> None:
    """The kernel lets nobody ping a broadcast address by accident."""
    if (await _way.way()).means not in {Means.SOCKET, Means.RAW}:
        pytest.skip("no ICMP sockets for this user")
    result = await ping.check(_target("255.255.255.255"), ping.Options(), deadline=5)
    assert result.state is State.UNKNOWN
    assert result.codes == ("ping.not-sent",)
    assert result.metrics == {}


async def test_ipv6_is_asked_too() -> None:
    means = (await _way.way()).means
    if means not in {Means.SOCKET, Means.RAW}:
        pytest.skip("no ICMP sockets for this user")
    echo = await by_icmplib("::1", means, 1)
    assert echo.received == 1 or echo.error


async def test_a_ping_that_cannot_be_started_is_an_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checks.hosts.local.SBIN", "/nowhere")
    monkeypatch.setenv("PATH", "/nowhere")
    echo = await by_command("127.0.0.1", 2, deadline=3)
    assert echo.sent == 0
    assert "ping" in echo.error


@pytest.mark.parametrize(
    ("name", "behaviour", "state", "code"),
    [
        ("no.lab.test", dns.answer, State.CRITICAL, "ping.name-not-found"),
        ("", dns.answer, State.CRITICAL, "ping.name-not-found"),
        ("mail1.lab.test", dns.silent, State.UNKNOWN, "ping.resolver-failed"),
        ("mail1.lab.test", dns.servfail, State.UNKNOWN, "ping.resolver-failed"),
    ],
)
async def test_a_name_that_gives_no_address(
    name: str, behaviour: dns.Behaviour, state: State, code: str
) -> None:
    async with dns_server("mail1.lab.test. A 127.0.0.1", behaviour) as peer:
        target = _target(name, resolver=peer.resolver)
        result = await ping.check(target, ping.Options(), deadline=0.5)
    assert result.state is state
    assert result.codes == (code,)
    assert result.duration < 2


async def test_a_host_that_never_answers_costs_its_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def never(address: str, means: Means, count: int, *, size: int) -> Echo:
        await asyncio.sleep(60)
        raise AssertionError

    _use(monkeypatch, BY_ICMP)
    monkeypatch.setattr(_echo, "by_icmplib", never)
    result = await ping.check(_target("127.0.0.1"), ping.Options(), deadline=0.3)
    assert result.state is State.WARNING
    assert result.codes == ("ping.no-answer",)
    assert result.duration < 2


async def test_no_turn_by_the_deadline_is_not_the_hosts_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def slow(address: str, means: Means, count: int, *, size: int) -> Echo:
        await asyncio.sleep(0.5)
        return Echo(sent=1, received=1, rtts=(0.001,))

    _use(monkeypatch, BY_ICMP)
    monkeypatch.setattr(_echo, "by_icmplib", slow)
    patient = [
        asyncio.create_task(ping.check(_target("127.0.0.1"), ping.Options(), deadline=5))
        for _ in range(ping.AT_ONCE)
    ]
    await asyncio.sleep(0.1)
    hasty = await ping.check(_target("127.0.0.1"), ping.Options(), deadline=0.1)
    assert hasty.state is State.UNKNOWN
    assert hasty.codes == ("ping.not-sent",)
    assert all(result.state is State.OK for result in await asyncio.gather(*patient))
    after = await ping.check(_target("127.0.0.1"), ping.Options(), deadline=5)
    assert after.state is State.OK


@pytest.mark.parametrize(
    ("echo", "state", "code", "words"),
    [
        (Echo(sent=2, received=2, rtts=(0.0123,)), State.OK, "", "12.3 ms"),
        (Echo(sent=2), State.WARNING, "ping.no-answer", "no answer to ICMP"),
        (
            Echo(sent=2, refusal="destination host unreachable"),
            State.CRITICAL,
            "ping.unreachable",
            "destination host unreachable",
        ),
        (
            Echo(sent=2, refusal="packet filtered", is_filtered=True),
            State.WARNING,
            "ping.filtered",
            "a firewall forbids ICMP: packet filtered",
        ),
        (
            Echo(sent=0, error="network is unreachable"),
            State.UNKNOWN,
            "ping.not-sent",
            "nothing could be sent: network is unreachable",
        ),
    ],
)
def test_judging(echo: Echo, state: State, code: str, words: str) -> None:
    assert ping.judge(echo, echo, BY_ICMP, ping.Options()) == (state, code, words)
    assert not code or code in ping.FINDINGS


@pytest.mark.parametrize(
    ("stdout", "stderr", "echo"),
    [
        (
            b"64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.500 ms\n"
            b"64 bytes from 127.0.0.1: icmp_seq=2 ttl=64 time=0.740 ms\n"
            b"--- 127.0.0.1 ping statistics ---\n"
            b"2 packets transmitted, 2 received, 0% packet loss, time 200ms\n"
            b"rtt min/avg/max/mdev = 0.500/0.620/0.740/0.120 ms\n",
            b"",
            Echo(sent=2, received=2, rtts=(0.0005, 0.00074)),
        ),
        (
            b"2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 9ms\n",
            b"",
            Echo(sent=2, refusal="host or network unreachable"),
        ),
        (
            b"64 bytes from 10.0.0.1: seq=0 ttl=64 time=1.500 ms\n"
            b"64 bytes from 10.0.0.1: seq=1 ttl=64 time=2.500 ms\n"
            b"2 packets transmitted, 2 packets received, 0% packet loss\n"
            b"round-trip min/avg/max = 1.5/2.0/2.5 ms\n",
            b"",
            Echo(sent=2, received=2, rtts=(0.0015, 0.0025)),
        ),
        (
            b"",
            b"ping: connect: Network is unreachable\n",
            Echo(sent=0, error="ping: connect: Network is unreachable"),
        ),
    ],
)
def test_ping_is_understood(stdout: bytes, stderr: bytes, echo: Echo) -> None:
    assert parse_ping(stdout, stderr) == echo


@given(st.binary(), st.binary())
def test_any_output_of_ping_is_an_outcome(stdout: bytes, stderr: bytes) -> None:
    echo = parse_ping(stdout, stderr)
    assert echo.sent or echo.error


def test_icmplib_is_loaded_only_when_it_is_used() -> None:
    code = "import sys, checks.network.ping; sys.exit('icmplib' in sys.modules)"
    import sys

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.real
def test_one_packet_in_three_lost_is_loss_at_the_first_look(row: Row) -> None:
    row.there.firewall("icmp type echo-request numgen inc mod 3 0 drop")
    result = _pinged(row)
    assert result.state is State.WARNING
    assert result.codes == ("ping.loss",)
    assert re.match(r"[34] of 10 lost in the last minute, ", result.summary)
    assert 0.3 <= result.metrics["loss"] <= 0.4
    assert "jitter" in result.metrics


@pytest.mark.real
def test_a_host_that_comes_back_has_no_loss(row: Row) -> None:
    row.there.firewall("icmp type echo-request drop")
    assert _pinged(row).codes == ("ping.no-answer",)
    row.there.firewall()
    result = _pinged(row)
    assert result.state is State.OK
    assert result.metrics["loss"] == 0


@pytest.mark.real
def test_a_firewall_that_says_so_is_told_from_silence(row: Row) -> None:
    row.there.firewall("icmp type echo-request reject with icmp type admin-prohibited")
    assert _pinged(row).codes == ("ping.filtered",)


def _pinged(row: Row) -> Result:
    target = _target(THERE)
    return row.here.run(lambda: ping.check(target, ping.Options(), deadline=10))


def test_chance_is_not_loss() -> None:
    echo = Echo(sent=2, received=2, rtts=(0.001, 0.001))
    minute = Echo(sent=12, received=11, rtts=(0.001,) * 11)
    state, code, text = ping.judge(echo, minute, BY_ICMP, ping.Options())
    assert (state, code) == (State.OK, "")
    assert text == "1.0 ms, 1 of 12 lost in the last minute"


def test_a_minute_is_forgotten() -> None:
    one = Echo(sent=2, received=1, rtts=(0.001,))
    assert _minute.note("ping/mail1", 0, one).sent == 2
    assert _minute.note("ping/mail1", 50, one).sent == 4
    assert _minute.note("ping/mail1", 61, one).sent == 4
    assert _minute.note("ping/mail1", 200, one).sent == 2


def test_jitter_is_the_mean_step_from_one_round_trip_to_the_next() -> None:
    assert Echo(sent=4, received=4, rtts=(0.010, 0.012, 0.009, 0.010)).jitter == pytest.approx(
        0.002
    )
    assert Echo(sent=1, received=1, rtts=(0.010,)).jitter == 0
