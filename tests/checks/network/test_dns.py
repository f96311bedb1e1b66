import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Finding, Host, Result, State, System
from checks.network import dns as dns_check
from checks.network._asking import FAILED
from checks.network._mx import Exchange, Routes, judge_routes, parse_mx
from checks.resolver import Resolver
from tests.peers import dns
from tests.peers.dns import Behaviour, dns_server

OPTIONS = dns_check.Options()

ZONE = """
lab.test.          MX     10 mail1.lab.test.
lab.test.          MX     20 mail2.lab.test.
mail1.lab.test.    A      11.0.0.1
mail1.lab.test.    AAAA   2a00::1
mail2.lab.test.    A      11.0.0.2
1.0.0.11.in-addr.arpa. PTR mail1.lab.test.
2.0.0.11.in-addr.arpa. PTR other.lab.test.
other.lab.test.    A      11.0.0.99
1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.a.2.ip6.arpa. PTR mail1.lab.test.
mail3.lab.test.    A      11.0.0.3
mail4.lab.test.    A      10.0.0.4
mail4.inside.org.  A      10.0.0.4
alias.test.        MX     10 mx.alias.test.
mx.alias.test.     CNAME  mail1.lab.test.
mixed.test.        MX     10 mail1.lab.test.
mixed.test.        MX     20 mail4.lab.test.
inside.test.       MX     10 mail4.lab.test.
alone.test.        A      11.0.0.1
empty.test.        TXT    "nothing to see"
null.test.         MX     0 .
literal.test.      MX     10 11.0.0.1.
localhost.test.    MX     10 localhost.
half.test.         MX     10 gone.lab.test.
half.test.         MX     20 mail1.lab.test.
gone.test.         MX     10 gone.lab.test.
bare.test.         MX     10 empty.test.
loop.test.         MX     10 loop.lab.test.
loop.lab.test.     CNAME  pool.lab.test.
pool.lab.test.     CNAME  loop.lab.test.
circle.test.       CNAME  circle.test.
""" + "\n".join(f"many.test. MX {n} mail1.lab.test." for n in range(500))


async def _ask(
    domain: str = "", address: str = "", behaviour: Behaviour = dns.answer, service: str = "smtp"
) -> Result:
    async with dns_server(ZONE, behaviour) as peer:
        host = Host(name="mail1", address=address, services=(service,))
        system = System(
            name="lab",
            resolver=peer.resolver,
            domains=(domain,) if domain else (),
            hosts=(host,) if address else (),
        )
        (target,) = dns_check.targets(system)
        return await dns_check.check(target, OPTIONS, deadline=1)


@pytest.mark.parametrize(
    ("domain", "state", "codes", "words"),
    [
        ("lab.test", State.OK, (), "MX mail1.lab.test, mail2.lab.test"),
        ("no.test", State.CRITICAL, ("dns.domain.not-found",), "no.test does not exist"),
        ("alone.test", State.WARNING, ("dns.mx.implicit",), "no MX; mail goes to the address"),
        ("empty.test", State.CRITICAL, ("dns.mx.missing",), "neither MX nor address"),
        ("null.test", State.CRITICAL, ("dns.mx.null",), "takes no mail"),
        ("literal.test", State.CRITICAL, ("dns.mx.literal",), "11.0.0.1 is an address"),
        ("localhost.test", State.CRITICAL, ("dns.mx.localhost",), "names localhost"),
        ("half.test", State.WARNING, ("dns.mx.not-found",), "1 of 2 MX unusable: gone.lab.test"),
        ("gone.test", State.CRITICAL, ("dns.mx.not-found",), "gone.lab.test does not exist"),
        ("bare.test", State.CRITICAL, ("dns.mx.no-address",), "empty.test has no address"),
        ("loop.test", State.CRITICAL, ("dns.alias-loop",), "in a circle"),
        ("circle.test", State.CRITICAL, ("dns.alias-loop",), "in a circle"),
        ("alias.test", State.WARNING, ("dns.mx.alias",), "MX mx.alias.test is an alias (CNAME) of"),
        ("mixed.test", State.WARNING, ("dns.mx.private",), "MX mail4.lab.test has 10.0.0.4"),
        ("inside.test", State.OK, (), "MX mail4.lab.test"),
        ("many.test", State.WARNING, ("dns.mx.too-many",), "500 MX records; the best 20"),
    ],
)
async def test_a_domain(domain: str, state: State, codes: tuple[str, ...], words: str) -> None:
    result = await _ask(domain=domain)
    assert (result.state, result.codes) == (state, codes)
    assert words in result.summary
    assert set(result.codes) <= set(dns_check.FINDINGS)


async def test_the_evidence_shows_each_exchange() -> None:
    result = await _ask(domain="half.test")
    assert result.evidence == (
        "MX 10 gone.lab.test: gone.lab.test does not exist",
        "MX 20 mail1.lab.test: 11.0.0.1, 2a00::1",
    )
    assert [phase.name for phase in result.phases] == ["mx", "addresses"]


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (dns.silent, "does not answer"),
        (dns.wrong_id, "does not answer"),
        (dns.garbage, "does not answer"),
        (dns.servfail, "SERVFAIL"),
        (dns.refused, "REFUSED"),
        (dns.truncated, "cuts its answer short"),
        (dns.lame, "elsewhere"),
        (dns.slow(30), "does not answer"),
    ],
)
@pytest.mark.parametrize("asked", [{"domain": "lab.test"}, {"address": "mail1.lab.test"}])
async def test_a_failing_resolver_is_unknown_and_named(
    behaviour: Behaviour, words: str, asked: dict[str, str]
) -> None:
    result = await _ask(**asked, behaviour=behaviour)
    assert result.state is State.UNKNOWN
    assert result.codes == (FAILED,)
    assert "127.0.0.1" in result.summary
    assert words in result.summary
    assert result.duration < 3


@pytest.mark.parametrize(
    ("address", "state", "codes", "words"),
    [
        ("mail1.lab.test", State.OK, (), "11.0.0.1, 2a00::1"),
        ("no.lab.test", State.CRITICAL, ("dns.name.not-found",), "no.lab.test does not exist"),
        ("empty.test", State.CRITICAL, ("dns.name.no-address",), "empty.test has no address"),
        ("loop.lab.test", State.CRITICAL, ("dns.alias-loop",), "in a circle"),
        ("mail2.lab.test", State.WARNING, ("dns.ptr.mismatch",), "PTR of 11.0.0.2 is other.lab"),
        ("mail3.lab.test", State.WARNING, ("dns.ptr.missing",), "11.0.0.3 has no PTR"),
        ("mail4.inside.org", State.OK, (), "10.0.0.4"),
        ("mail4.lab.test", State.WARNING, ("dns.ptr.missing",), "10.0.0.4 has no PTR"),
        ("11.0.0.3", State.WARNING, ("dns.ptr.missing",), "11.0.0.3 has no PTR"),
        ("a..b", State.CRITICAL, ("dns.name.not-found",), "a..b is not a name"),
    ],
)
async def test_a_host(address: str, state: State, codes: tuple[str, ...], words: str) -> None:
    result = await _ask(address=address)
    assert (result.state, result.codes) == (state, codes)
    assert words in result.summary
    assert set(result.codes) <= set(dns_check.FINDINGS)


async def test_a_host_that_sends_no_mail_needs_no_name_for_its_address() -> None:
    assert (await _ask(address="mail3.lab.test", service="imap")).state is State.OK


async def test_a_host_of_the_hosts_file_is_no_missing_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def known(self: Resolver, name: str) -> tuple[str, ...]:
        return ("127.0.0.7",)

    monkeypatch.setattr(Resolver, "in_hosts_file", known)
    result = await _ask(address="no.lab.test")
    assert result.state is State.OK
    assert result.summary == "127.0.0.7, in the hosts file only"


def test_addresses_that_nobody_else_sees_are_not_asked_about() -> None:
    hosts = tuple(
        Host(name=name, address=address, services=("smtp",))
        for name, address in (("a", "127.0.0.1"), ("b", "::1"), ("c", "mail.lab.test"))
    )
    system = System(name="x", resolver=Resolver(), domains=("lab.test", "c"), hosts=hosts)
    assert [target.id for target in dns_check.targets(system)] == ["dns/lab.test", "dns/c"]


def test_an_unknown_exchange_beside_a_good_one_is_not_called_broken() -> None:
    failed = Finding(FAILED, "resolver 10.0.0.53 answers SERVFAIL")
    good = Exchange(10, "mail1.lab.test", ("11.0.0.1",))
    routes = Routes("lab.test", (good, Exchange(20, "mail2.lab.test", (), failed)), 2)
    assert judge_routes(routes)[0] is State.UNKNOWN
    only = Routes("lab.test", (Exchange(20, "mail2.lab.test", (), failed),), 1)
    assert judge_routes(only) == (State.UNKNOWN, failed.text, [failed])


@given(st.lists(st.tuples(st.integers(0, 65535), st.from_regex(r"([a-z]{1,9}\.){1,3}"))))
def test_exchanges_come_best_first(records: list[tuple[int, str]]) -> None:
    parsed = parse_mx(tuple(f"{number} {name.strip()}" for number, name in records))
    assert [one.preference for one in parsed] == sorted(number for number, _ in records)
