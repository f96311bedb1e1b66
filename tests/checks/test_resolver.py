import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import lookup, resolver
from checks.etc_hosts import HostsFile, address_literal, parse_hosts
from checks.resolver import (
    AliasLoop,
    BadName,
    DnsError,
    LookupFailed,
    NoRecords,
    NoSuchName,
    Resolver,
)
from tests.peers import dns
from tests.peers.dns import dns_server

ZONE = """
lab.test.        MX    10 mail1.lab.test.
mail1.lab.test.  A     127.0.0.1
mail1.lab.test.  AAAA  ::1
brief.lab.test.  1 A   127.0.0.2
six.lab.test.    AAAA  ::1
loop.lab.test.   CNAME pool.lab.test.
pool.lab.test.   CNAME loop.lab.test.
xn--mller-kva.lab.test. A 127.0.0.3
short.corp.test. A     127.0.0.4
"""


async def test_both_families_come_ipv4_first() -> None:
    async with dns_server(ZONE) as peer:
        assert await peer.resolver.addresses("mail1.lab.test", deadline=2) == ("127.0.0.1", "::1")


@pytest.mark.parametrize(
    "name", ["mail1.lab.test", "mail1.lab.test.", "MAIL1.Lab.Test", " mail1.lab.test"]
)
async def test_a_name_is_found_however_it_was_typed(name: str) -> None:
    async with dns_server(ZONE) as peer:
        assert "127.0.0.1" in await peer.resolver.addresses(name, deadline=2)


async def test_an_international_name_is_asked_in_its_ascii_form() -> None:
    async with dns_server(ZONE) as peer:
        assert await peer.resolver.addresses("müller.lab.test", deadline=2) == ("127.0.0.3",)


async def test_a_name_with_only_ipv6_is_found() -> None:
    async with dns_server(ZONE) as peer:
        assert await peer.resolver.addresses("six.lab.test", deadline=2) == ("::1",)


@pytest.mark.parametrize("literal", ["127.0.0.1", "[127.0.0.1]"])
async def test_an_address_is_its_own_answer(literal: str) -> None:
    async with dns_server(ZONE) as peer:
        assert await peer.resolver.addresses(literal, deadline=2) == ("127.0.0.1",)
        assert peer.asked == []


@pytest.mark.parametrize("name", ["", ".", "a..b", "x" * 64 + ".test", "x." * 150, "a\\999", "☃"])
async def test_what_cannot_be_a_name_is_a_dns_error(name: str) -> None:
    async with dns_server(ZONE) as peer:
        with pytest.raises(BadName):
            await peer.resolver.addresses(name, deadline=2)
        with pytest.raises(BadName):
            await peer.resolver.records(name, "MX", deadline=2)


async def test_missing_name_and_missing_record_are_told_apart() -> None:
    async with dns_server(ZONE) as peer:
        with pytest.raises(NoSuchName, match=r"no\.lab.test does not exist"):
            await peer.resolver.records("no.lab.test", "MX", deadline=2)
        with pytest.raises(NoRecords, match="has no MX record"):
            await peer.resolver.records("mail1.lab.test", "MX", deadline=2)
        with pytest.raises(NoRecords):
            await peer.resolver.addresses("lab.test", deadline=2)


async def test_a_cname_loop_is_no_resolver_failure() -> None:
    async with dns_server(ZONE) as peer:
        with pytest.raises(AliasLoop, match="circle"):
            await peer.resolver.addresses("loop.lab.test", deadline=2)


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (dns.silent, "does not answer"),
        (dns.wrong_id, "does not answer"),
        (dns.garbage, "does not answer"),
        (dns.servfail, "answers SERVFAIL"),
        (dns.refused, "answers REFUSED"),
        (dns.truncated, "can't be asked by TCP: connection refused"),
        (dns.lame, "sends us elsewhere"),
    ],
)
async def test_a_failing_resolver_is_named_and_nothing_is_said_of_the_name(
    behaviour: dns.Behaviour, words: str
) -> None:
    async with dns_server(ZONE, behaviour, has_tcp=False) as peer:
        began = time.monotonic()
        with pytest.raises(LookupFailed, match=f"resolver 127.0.0.1.*{words}"):
            await peer.resolver.addresses("mail1.lab.test", deadline=0.5)
        assert time.monotonic() - began < 1.5


async def test_a_resolver_that_cannot_be_one_is_a_dns_error() -> None:
    with pytest.raises(LookupFailed, match="can't be used"):
        await Resolver("nonsense").addresses("mail1.lab.test", deadline=2)


async def test_a_dropped_ipv6_question_does_not_cost_the_deadline() -> None:
    async with dns_server(ZONE, dns.only_ipv4) as peer:
        began = time.monotonic()
        assert await peer.resolver.addresses("mail1.lab.test", deadline=8) == ("127.0.0.1",)
        with pytest.raises(NoSuchName):
            await peer.resolver.addresses("no.test", deadline=8)
        assert time.monotonic() - began < 4


async def test_an_answer_later_than_the_second_question_still_counts() -> None:
    async with dns_server(ZONE, dns.slow(2.2)) as peer:
        assert "10 mail1.lab.test." in await peer.resolver.records("lab.test", "MX", deadline=6)


async def test_a_question_that_was_lost_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "AGAIN", 0.05)
    async with dns_server(ZONE, dns.loses_the_first()) as peer:
        assert "10 mail1.lab.test." in await peer.resolver.records("lab.test", "MX", deadline=5)
        assert len(peer.asked) == 2


async def test_an_answer_is_kept_and_a_fresh_one_can_be_had() -> None:
    async with dns_server(ZONE) as peer:
        asking = peer.resolver
        await asking.addresses("mail1.lab.test", deadline=2)
        await asking.addresses("Mail1.lab.test", deadline=2)
        assert len(peer.asked) == 2
        await asking.addresses("mail1.lab.test", deadline=2, is_fresh=True)
        assert len(peer.asked) == 4


async def test_an_answer_is_kept_no_longer_than_its_ttl() -> None:
    async with dns_server(ZONE) as peer:
        asking = peer.resolver
        await asking.addresses("brief.lab.test", deadline=2)
        await asyncio.sleep(1.1)
        await asking.addresses("brief.lab.test", deadline=2)
        assert len(peer.asked) == 4


async def test_an_answer_is_kept_no_longer_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "KEEP_LIMIT", 0.0)
    async with dns_server(ZONE) as peer:
        asking = peer.resolver
        await asking.addresses("mail1.lab.test", deadline=2)
        await asking.addresses("mail1.lab.test", deadline=2)
        assert len(peer.asked) == 4


async def test_a_mended_name_is_believed_at_once() -> None:
    async with dns_server(ZONE, dns.nxdomain) as peer:
        asking = peer.resolver
        with pytest.raises(NoSuchName):
            await asking.addresses("mail1.lab.test", deadline=2)
        peer.behaviour = dns.answer
        assert await asking.addresses("mail1.lab.test", deadline=2)


async def test_equal_look_ups_share_one_question() -> None:
    async with dns_server(ZONE, dns.slow(0.2)) as peer:
        asking = peer.resolver
        answers = await asyncio.gather(
            *(asking.addresses("mail1.lab.test", deadline=3) for _ in range(20))
        )
        assert set(answers) == {("127.0.0.1", "::1")}
        assert sorted(peer.asked) == ["mail1.lab.test. A", "mail1.lab.test. AAAA"]


async def test_who_gives_up_takes_nobody_along() -> None:
    async with dns_server(ZONE, dns.slow(0.5)) as peer:
        asking = peer.resolver
        patient = asyncio.create_task(asking.addresses("mail1.lab.test", deadline=4))
        await asyncio.sleep(0)
        hasty = asyncio.create_task(asking.addresses("mail1.lab.test", deadline=0.1))
        gone = asyncio.create_task(asking.addresses("mail1.lab.test", deadline=4))
        await asyncio.sleep(0.05)
        gone.cancel()
        with pytest.raises(LookupFailed):
            await hasty
        assert await patient


async def test_a_short_deadline_of_others_is_not_ours() -> None:
    async with dns_server(ZONE, dns.slow(0.5)) as peer:
        asking = peer.resolver
        hasty = asyncio.create_task(asking.addresses("mail1.lab.test", deadline=0.1))
        await asyncio.sleep(0)
        assert await asking.addresses("mail1.lab.test", deadline=4)
        with pytest.raises(LookupFailed):
            await hasty


async def test_a_dead_resolver_starves_nothing() -> None:
    async with dns_server(ZONE, dns.silent) as peer:
        asking = peer.resolver
        began = time.monotonic()
        tasks = [
            asyncio.create_task(asking.addresses(f"host{n}.lab.test", deadline=1.5))
            for n in range(50)
        ]
        await asyncio.sleep(0.5)
        asked = time.monotonic()
        await asyncio.to_thread(int)
        assert time.monotonic() - asked < 0.5
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert time.monotonic() - began < 4
        assert all(isinstance(outcome, LookupFailed) for outcome in outcomes)


@contextlib.asynccontextmanager
async def _two_servers(
    monkeypatch: pytest.MonkeyPatch, first: dns.Behaviour, second: dns.Behaviour
) -> AsyncIterator[Resolver]:
    """This machine's resolver, as if resolv.conf had two name servers on ports of their own."""
    async with dns_server(ZONE, first) as one, dns_server(ZONE, second, host="127.0.0.2") as two:

        def configure(server: str | None, port: int) -> object:
            from dns.asyncresolver import Resolver as DnsResolver

            asking = DnsResolver(configure=False)
            asking.nameservers = [one.host, two.host]
            asking.nameserver_ports = {one.host: one.port, two.host: two.port}
            return asking

        monkeypatch.setattr(lookup, "_configure", configure)
        yield Resolver()


async def test_a_dead_first_server_leaves_time_for_the_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with _two_servers(monkeypatch, dns.silent, dns.answer) as asking:
        assert await asking.addresses("mail1.lab.test", deadline=1)


async def test_each_server_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _two_servers(monkeypatch, dns.refused, dns.servfail) as asking:
        with pytest.raises(LookupFailed) as caught:
            await asking.addresses("mail1.lab.test", deadline=2)
    text = str(caught.value)
    assert "127.0.0.1" in text
    assert "REFUSED" in text
    assert "127.0.0.2" in text
    assert "SERVFAIL" in text


async def test_a_short_name_is_completed_as_resolv_conf_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with dns_server(ZONE) as peer:

        def configure(server: str | None, port: int) -> object:
            import dns.name
            from dns.asyncresolver import Resolver as DnsResolver

            asking = DnsResolver(configure=False)
            asking.nameservers, asking.port = [peer.host], peer.port
            asking.search = [dns.name.from_text("corp.test.")]
            return asking

        monkeypatch.setattr(lookup, "_configure", configure)
        assert await Resolver().addresses("short", deadline=2) == ("127.0.0.4",)
        with pytest.raises(NoSuchName):
            await Resolver().records("short", "A", deadline=2)
        with pytest.raises(NoSuchName):
            await Resolver().addresses("short.", deadline=2)


async def test_resolv_conf_is_read_again_when_it_changed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    conf = tmp_path / "resolv.conf"
    monkeypatch.setattr(lookup, "RESOLV_CONF", conf)
    asking = Resolver()
    with pytest.raises(LookupFailed, match="can't be used"):
        await asking.addresses("mail1.lab.test", deadline=1)
    for changed, server in enumerate(("127.0.0.8", "127.0.0.9"), 1):
        conf.write_text(f"nameserver {server}\n")
        os.utime(conf, (changed, changed))
        with pytest.raises(LookupFailed, match=f"resolver {server} does not answer"):
            await asking.addresses("mail1.lab.test", deadline=0.2)


async def test_the_hosts_file_comes_first_unless_a_server_is_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.7 mail1.lab.test\n")
    monkeypatch.setattr(resolver, "HOSTS_FILE", hosts)
    assert await Resolver().addresses("Mail1.lab.test.", deadline=2) == ("127.0.0.7",)
    async with dns_server(ZONE) as peer:
        assert "127.0.0.7" not in await peer.resolver.addresses("mail1.lab.test", deadline=2)


async def test_the_hosts_file_is_parsed_only_when_it_changed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.7 mail1\n")
    table = HostsFile(hosts)
    assert await table.addresses("mail1") == ("127.0.0.7",)
    with monkeypatch.context() as patched:
        patched.setattr("checks.etc_hosts._load", None)
        assert await table.addresses("mail1") == ("127.0.0.7",)
    hosts.unlink()
    assert await table.addresses("mail1") == ()


@given(st.text())
def test_any_hosts_file_is_read(text: str) -> None:
    for addresses in parse_hosts(text.splitlines()).values():
        assert all(map(address_literal, addresses))


def test_errors_form_one_tree() -> None:
    for error in (LookupFailed, NoSuchName, NoRecords, BadName, AliasLoop):
        assert issubclass(error, DnsError)
