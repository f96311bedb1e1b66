from __future__ import annotations

import asyncio

import pytest

from checks import connect
from checks.model import Host, Result, State, System, Target
from checks.network import families
from checks.network.families import Outcome
from checks.resolver import Resolver
from tests.peers import dns
from tests.peers.dns import dns_server
from tests.spaces import THERE, THERE_6, Row

OPEN, NOT, NOT_TRIED = Outcome.OPEN, Outcome.NOT, Outcome.NOT_TRIED
BOTH = f"mail1.lab.test. A {THERE}\nmail1.lab.test. AAAA {THERE_6}\n"


def _targets(address: str, *services: str, resolver: Resolver | None = None) -> list[Target]:
    host = Host(name="mail1", address=address, services=services)
    system = System(name="lab", resolver=resolver or Resolver("127.0.0.1", port=9), hosts=(host,))
    return families.targets(system)


def _compared(row: Row, zone: str = BOTH, *services: str) -> Result:
    async def run() -> Result:
        async with dns_server(zone) as peer:
            services_ = services or ("smtp:2525", "imap:1143")
            (target,) = _targets("mail1.lab.test", *services_, resolver=peer.resolver)
            return await families.check(target, families.Options(), deadline=2)

    with row.there.listening(2525), row.there.listening(1143):
        return row.here.run(run)


@pytest.mark.real
def test_a_host_that_answers_over_both_is_well(row: Row) -> None:
    result = _compared(row)
    assert result.state is State.OK
    assert result.summary == "the same over IPv4 and IPv6"
    assert result.evidence == (f"{THERE}: 2525 open, 1143 open", f"{THERE_6}: 2525 open, 1143 open")


@pytest.mark.real
@pytest.mark.parametrize("rule", ["drop", "reject with tcp reset"])
def test_ipv6_that_is_published_and_dead_is_found(row: Row, rule: str) -> None:
    row.there.firewall(f"meta nfproto ipv6 tcp dport != 22 {rule}")
    result = _compared(row)
    assert result.state is State.WARNING
    assert result.codes == ("path.ipv6-dead",)
    assert result.summary == "ports 2525, 1143 over IPv4 alone: who tries IPv6 first waits"


@pytest.mark.real
def test_dead_ipv4_is_critical(row: Row) -> None:
    row.router.firewall("meta nfproto ipv4 drop")
    result = _compared(row)
    assert result.state is State.CRITICAL
    assert result.codes == ("path.ipv4-dead",)


@pytest.mark.real
def test_one_port_that_is_missing_over_one_family_is_named(row: Row) -> None:
    row.there.firewall("meta nfproto ipv6 tcp dport 2525 reject with tcp reset")
    assert _compared(row).summary.startswith("port 2525 over IPv4 alone")


@pytest.mark.real
def test_a_host_that_is_down_has_no_family_that_is_better(row: Row) -> None:
    row.router.firewall("tcp dport != 22 drop")
    result = _compared(row)
    assert result.state is State.OK
    assert not result.codes


@pytest.mark.real
def test_without_ipv6_here_nothing_is_said_of_the_host(row: Row) -> None:
    row.here.do("ip", "-6", "route", "del", "default")
    try:
        result = _compared(row)
    finally:
        row.here.do("ip", "-6", "route", "add", "default", "via", "fd79:1::1")
    assert result.state is State.UNKNOWN
    assert result.codes == ("path.family-not-tried",)
    assert result.summary == "not compared: this machine has no way over IPv6"
    assert result.mend


async def test_one_family_needs_no_connection() -> None:
    async with dns_server("mail1.lab.test. A 127.0.0.1") as peer:
        (target,) = _targets("mail1.lab.test", "smtp", resolver=peer.resolver)
        result = await families.check(target, families.Options(), deadline=2)
    assert result.summary == "only IPv4 is published"
    assert [phase.name for phase in result.phases] == ["resolve"]


async def test_a_resolver_that_fails_is_not_the_hosts_fault() -> None:
    async with dns_server("", dns.silent) as peer:
        (target,) = _targets("mail1.lab.test", "smtp", resolver=peer.resolver)
        result = await asyncio.wait_for(
            families.check(target, families.Options(), deadline=0.3), 10
        )
    assert result.state is State.UNKNOWN
    assert result.codes == ("families.resolver-failed",)


def test_only_hosts_with_mail_and_a_name_are_asked() -> None:
    assert not _targets("10.0.0.1", "smtp")
    assert not _targets("mail1.lab.test", "https")
    assert _targets("mail1.lab.test", "smtp")[0].id == "families/mail1"


def test_one_port_for_each_thing_that_people_do() -> None:
    assert families.ports(("smtps", "imap", "imaps", "smtp:2525", "submission")) == [2525, 587, 993]


def test_one_family_that_could_not_be_tried_decides_nothing() -> None:
    state, code, _ = families.judge({25: OPEN, 143: NOT}, {25: NOT_TRIED, 143: NOT_TRIED})
    assert (state, code) == (State.UNKNOWN, "path.family-not-tried")


@pytest.mark.parametrize("deadline", [1.0, 3.0, 10.0])
async def test_a_slow_resolver_leaves_the_connections_their_time(
    deadline: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    async def resolve(target: Target, *, deadline: float) -> tuple[str, ...]:
        asked.append(deadline)
        return (THERE, THERE_6)

    async def knock(target: Target, *, deadline: float) -> None:
        asked.append(deadline)

    monkeypatch.setattr(connect, "resolve", resolve)
    monkeypatch.setattr(connect, "knock", knock)
    (target,) = _targets("mail1.lab.test", "smtp")
    assert (await families.check(target, families.Options(), deadline=deadline)).state is State.OK
    resolving, *knocking = asked
    assert resolving + max(knocking) <= deadline
