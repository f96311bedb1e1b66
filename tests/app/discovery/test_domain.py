import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence

import pytest
from dns.message import Message
from dns.rdatatype import MX

from app.discovery import domain
from app.discovery.domain import DiscoveryError, discover
from checks.model import SERVICE_PORTS, System
from checks.resolver import Resolver
from tests.peers import dns
from tests.peers.dns import Behaviour, dns_server

DEAD, ALIVE, OTHER = "127.88.0.1", "127.88.0.2", "127.88.0.3"
"""Addresses of loopback that no other test uses."""


@contextlib.asynccontextmanager
async def _answering(
    monkeypatch: pytest.MonkeyPatch, host: str, services: Sequence[str]
) -> AsyncIterator[None]:
    """Let the usual ports of `services` answer on `host`, as ports that anybody may open."""
    async with contextlib.AsyncExitStack() as stack:
        ports = dict.fromkeys(SERVICE_PORTS, 9)
        for service in services:
            server = await asyncio.start_server(lambda _, writer: writer.close(), host, 0)
            await stack.enter_async_context(server)
            ports[service] = server.sockets[0].getsockname()[1]
        monkeypatch.setattr(domain, "SERVICE_PORTS", ports)
        yield


async def _discover(
    zone: str, domain: str = "lab.test", behaviour: Behaviour = dns.answer
) -> System:
    async with dns_server(zone, behaviour) as peer:
        return await discover(domain, peer.resolver, deadline=4)


def _hosts(system: System) -> dict[str, tuple[str, ...]]:
    return {f"{host.name}={host.address}": host.services for host in system.hosts}


async def test_an_mx_counts_even_when_it_is_dead() -> None:
    system = await _discover(f"lab.test. MX 10 mail1.lab.test.\nmail1.lab.test. A {DEAD}")
    assert _hosts(system) == {"mail1=mail1.lab.test": ("smtp",)}
    assert system.domains == ("lab.test",)
    assert system.hosts[0].login is None


async def test_an_mx_without_an_address_is_kept_for_its_check_to_say_so() -> None:
    system = await _discover("lab.test. MX 10 gone.lab.test.")
    assert _hosts(system) == {"gone=gone.lab.test": ("smtp",)}


async def test_other_ports_count_when_they_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    zone = f"lab.test. MX 10 mail1.lab.test.\nmail1.lab.test. A {ALIVE}"
    async with _answering(monkeypatch, ALIVE, ("imaps", "submission")):
        system = await _discover(zone)
    assert _hosts(system) == {"mail1=mail1.lab.test": ("smtp", "submission", "imaps")}


async def test_srv_records_promise_services_with_their_ports() -> None:
    system = await _discover(f"""
        lab.test. MX 10 mail1.lab.test.
        mail1.lab.test. A {DEAD}
        imap1.lab.test. A {OTHER}
        _imaps._tcp.lab.test. SRV 0 1 993 imap1.lab.test.
        _imap._tcp.lab.test. SRV 0 1 1143 imap1.lab.test.
        _submissions._tcp.lab.test. SRV 0 1 465 mail1.lab.test.
        _pop3._tcp.lab.test. SRV 0 0 0 .
    """)
    assert _hosts(system) == {
        "mail1=mail1.lab.test": ("smtp", "smtps"),
        "imap1=imap1.lab.test": ("imap:1143", "imaps"),
    }


async def test_usual_names_count_when_they_answer_and_are_no_echo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    zone = f"""
        lab.test. MX 10 mail1.lab.test.
        mail1.lab.test. A {DEAD}
        mail.lab.test. CNAME mail1.lab.test.
        imap.lab.test. A {ALIVE}
        pop.lab.test. A {ALIVE}
        smtp.lab.test. A {OTHER}
    """
    async with _answering(monkeypatch, ALIVE, ("imap",)):
        system = await _discover(zone)
    assert _hosts(system) == {"mail1=mail1.lab.test": ("smtp",), "imap=imap.lab.test": ("imap",)}


async def test_without_mx_the_domain_itself_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _answering(monkeypatch, ALIVE, ("smtp",)):
        system = await _discover(f"lab.test. A {ALIVE}")
    assert _hosts(system) == {"lab=lab.test": ("smtp",)}


async def test_a_web_server_alone_is_no_mail_system(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _answering(monkeypatch, ALIVE, ("https",)):
        with pytest.raises(DiscoveryError, match="no MX, no SRV record, and no mail port answers"):
            await _discover(f"lab.test. A {ALIVE}")


async def test_a_null_mx_promises_nothing() -> None:
    with pytest.raises(DiscoveryError, match="no mail port answers"):
        await _discover(f"lab.test. MX 0 .\nlab.test. A {DEAD}")


async def test_the_best_of_many_mx_are_kept() -> None:
    zone = "\n".join(f"lab.test. MX {n} mx{n}.lab.test." for n in range(500))
    system = await _discover(zone)
    assert [host.name for host in system.hosts] == [f"mx{n}" for n in range(10)]


async def test_a_name_from_the_dns_that_no_host_can_have_is_left_out() -> None:
    system = await _discover(
        "lab.test. MX 10 a\\027[31m.lab.test.\nlab.test. MX 20 mail1.lab.test."
    )
    assert [host.address for host in system.hosts] == ["mail1.lab.test"]


async def test_the_domain_may_be_typed_in_any_way() -> None:
    system = await _discover("lab.test. MX 10 mail1.lab.test.", " Lab.Test. ")
    assert system.name == "lab.test"


@pytest.mark.parametrize(
    ("domain", "words"),
    [("no.test", "no.test does not exist"), ("a..b", "is not a domain"), ("", "is not a domain")],
)
async def test_what_is_wrong_with_the_domain_is_said(domain: str, words: str) -> None:
    with pytest.raises(DiscoveryError, match=words):
        await _discover("lab.test. MX 10 mail1.lab.test.", domain)


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [(dns.silent, "does not answer"), (dns.servfail, "SERVFAIL"), (dns.refused, "REFUSED")],
)
async def test_a_failing_resolver_is_not_called_no_mail(behaviour: Behaviour, words: str) -> None:
    began = time.monotonic()
    with pytest.raises(DiscoveryError, match=f"could not be looked up: resolver 127.*{words}"):
        await _discover("lab.test. MX 10 mail1.lab.test.", behaviour=behaviour)
    assert time.monotonic() - began < 6


async def test_a_resolver_that_fails_after_the_mx_is_not_called_no_mail() -> None:
    async def no_mx_then_silence(query: Message, zone: dns.Zone, is_tcp: bool) -> bytes | None:
        is_mx = query.question[0].rdtype == MX
        return await (dns.answer if is_mx else dns.servfail)(query, zone, is_tcp)

    with pytest.raises(DiscoveryError, match="could not be looked up"):
        await _discover(f"lab.test. A {DEAD}", behaviour=no_mx_then_silence)


async def test_a_resolver_that_can_not_be_used_is_said() -> None:
    with pytest.raises(DiscoveryError, match="could not be looked up"):
        await discover("lab.test", Resolver("nonsense"), deadline=2)
