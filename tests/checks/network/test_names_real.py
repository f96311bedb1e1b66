"""The checks of names against Debian's BIND: a signed zone, and a resolver that validates it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from checks import dns_errors
from checks.model import CheckOptions, Host, State, System, Target
from checks.network import dmarc, dns, dnsbl, resolver, spf
from checks.protocol._dane import judge_dane, look_up
from checks.registry import Check
from checks.resolver import Resolver
from tests.lab.bind import bind
from tests.lab.daemon import Daemon

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("bind-real")]

DIGEST = hashlib.sha256(b"key").hexdigest()

ZONE = f"""
@ MX 10 mail1
@ TXT "v=spf1 ip4:10.0.0.0/24 " "mx -all"
_dmarc TXT "v=DMARC1; p=reject"
mail1 A 10.0.0.1
_25._tcp.mail1 TLSA 3 1 1 {DIGEST}
2.0.0.127.bl A 127.0.0.2
1.0.0.10.bl A 127.0.0.3
1.0.0.10.bl TXT "open relay"
"""

DEADLINE = 8.0


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Daemon, Daemon]]:
    with bind(ZONE) as running:
        yield running


def of(server: Daemon) -> Resolver:
    return Resolver(server.address, port=server.ports["dns"])


@pytest.fixture
def system(servers: tuple[Daemon, Daemon]) -> System:
    host = Host(name="mail1", address="mail1.lab.test", services=("smtp",))
    return System(name="lab", resolver=of(servers[1]), domains=("lab.test",), hosts=(host,))


async def ask(kind: Check, target: Target, options: CheckOptions) -> tuple[State, tuple[str, ...]]:
    result = await kind.check(target, options, deadline=DEADLINE)
    return result.state, result.codes


async def test_a_resolver_that_validates_says_so_and_the_authority_does_not(
    servers: tuple[Daemon, Daemon],
) -> None:
    authority, validating = (of(one) for one in servers)
    proven = await look_up("mail1.lab.test", validating, deadline=DEADLINE)
    unproven = await look_up("mail1.lab.test", authority, deadline=DEADLINE)
    assert [one.data.hex() for one in proven.records] == [DIGEST]
    assert (proven.is_proven, unproven.is_proven) == (True, False)
    assert proven.records == unproven.records
    assert judge_dane(proven, ()) == []


async def test_a_zone_without_tlsa_is_no_failure(servers: tuple[Daemon, Daemon]) -> None:
    found = await look_up("ns1.lab.test", of(servers[1]), deadline=DEADLINE)
    assert (found.records, found.failure) == ((), "")


async def test_an_authority_answers_with_authority_and_a_resolver_without(
    servers: tuple[Daemon, Daemon],
) -> None:
    authority, validating = (of(one) for one in servers)
    own = await authority.answer("lab.test.", "MX", deadline=DEADLINE)
    asked = await validating.answer("lab.test.", "MX", deadline=DEADLINE)
    assert own.records == asked.records
    assert (own.is_authoritative, asked.is_authoritative) == (True, False)


async def test_what_a_server_does_not_hold_it_refuses_and_that_is_no_missing_name(
    servers: tuple[Daemon, Daemon],
) -> None:
    with pytest.raises(dns_errors.LookupFailed, match="REFUSED"):
        await of(servers[0]).records("elsewhere.test", "MX", deadline=DEADLINE)


async def test_each_check_is_content(system: System) -> None:
    for kind, options in (
        (resolver, resolver.Options(compare=False)),
        (spf, spf.Options()),
        (dmarc, dmarc.Options()),
    ):
        (target,) = kind.targets(system)
        assert await ask(kind, target, options) == (State.OK, ()), kind


async def test_a_host_without_a_name_for_its_address_and_on_a_list_is_told_of(
    system: System,
) -> None:
    (host,) = [one for one in dns.targets(system) if one.host is not None]
    (sender,) = dnsbl.targets(system)
    lists = dnsbl.Options(lists=("bl.lab.test",))
    assert await ask(dnsbl, sender, lists) == (State.WARNING, ("dnsbl.listed",))  # type: ignore[arg-type]
    state, codes = await ask(dns, host, dns.Options())  # type: ignore[arg-type]
    # The resolver knows nothing of the reverse zone, so that nothing is known of the name.
    assert (state, codes) == (State.UNKNOWN, ("dns.resolver.failed",))
