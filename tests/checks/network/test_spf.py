from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Host, Result, State, System
from checks.network import spf
from checks.network._spf_record import BadSpf, Record, is_within, parse_spf
from tests.peers import dns
from tests.peers.dns import Behaviour, dns_server

ZONE = """
lab.test.        TXT  "v=spf1 mx -all"
lab.test.        TXT  "something else"
lab.test.        MX   10 mail1.lab.test.
mail1.lab.test.  A    10.0.0.1
mail1.lab.test.  AAAA fd00::1
mail2.lab.test.  A    10.0.0.2
cut.test.        TXT  "v=spf1 ip4:10.0.0" ".1 ip6:fd00::/16 ~all"
soft.test.       TXT  "v=spf1 a:mail2.lab.test ~all"
inc.test.        TXT  "v=spf1 include:lab.test ?all"
away.test.       TXT  "v=spf1 redirect=lab.test"
wide.test.       TXT  "v=spf1 a:mail2.lab.test/24 a:mail1.lab.test -all"
two.test.        TXT  "v=spf1 -all"
two.test.        TXT  "v=spf1 +all"
typo.test.       TXT  "v=spf1 ipv4:10.0.0.1 -all"
deep.test.       TXT  "v=spf1 include:typo.test -all"
gone.test.       TXT  "v=spf1 include:no.test -all"
loop.test.       TXT  "v=spf1 include:loop.test -all"
many.test.       TXT  "v=spf1 a a a a a a a a a a a mx:lab.test -all"
void.test.       TXT  "v=spf1 a:x1.test a:x2.test a:x3.test mx:lab.test -all"
all.test.        TXT  "v=spf1 +all"
macro.test.      TXT  "v=spf1 exists:%{i}.ok.test -all"
none.test.       TXT  "no spf here"
none.org.        TXT  "no spf here"
""" + "\n".join(f'c{n}.test. TXT "v=spf1 include:c{n + 1}.test -all"' for n in range(14))

HOSTS = (
    Host(name="mail1", address="mail1.lab.test", services=("smtp", "submission")),
    Host(name="mail2", address="mail2.lab.test", services=("smtp",)),
)


async def ask(domain: str, behaviour: Behaviour = dns.answer, **options: object) -> Result:
    async with dns_server(ZONE, behaviour) as peer:
        system = System(name="lab", resolver=peer.resolver, domains=(domain,), hosts=HOSTS)
        (target,) = spf.targets(system)
        chosen = spf.Options(**options)  # type: ignore[arg-type]
        result = await spf.check(target, chosen, deadline=2)
    assert set(result.codes) <= set(spf.FINDINGS)
    return result


@pytest.mark.parametrize(
    ("domain", "state", "codes", "words"),
    [
        ("lab.test", State.OK, (), "SPF good, 1 look-ups, 2 of 2 addresses of ours pass"),
        ("cut.test", State.OK, (), "2 of 2 addresses of ours pass"),
        ("inc.test", State.OK, (), "2 look-ups, 2 of 2"),
        ("away.test", State.OK, (), "2 look-ups, 2 of 2"),
        ("wide.test", State.OK, (), "2 of 2"),
        ("soft.test", State.WARNING, ("spf.sender-refused",), "mail1 (10.0.0.1), mail1 (fd00::1)"),
        ("two.test", State.WARNING, ("spf.invalid",), "has 2 SPF records; one is allowed"),
        ("typo.test", State.WARNING, ("spf.invalid",), "“ipv4:10.0.0.1” is no mechanism"),
        ("deep.test", State.WARNING, ("spf.invalid",), "in the record of typo.test"),
        ("gone.test", State.WARNING, ("spf.invalid",), "includes no.test, which has no SPF"),
        ("loop.test", State.WARNING, ("spf.too-many-lookups",), "receivers stop there"),
        ("c0.test", State.WARNING, ("spf.too-many-lookups",), "receivers stop there"),
        ("many.test", State.WARNING, ("spf.too-many-lookups",), "12 look-ups"),
        ("void.test", State.WARNING, ("spf.void-lookups",), "3 names that are not there"),
        ("all.test", State.WARNING, ("spf.allows-all",), "everybody"),
        ("macro.test", State.OK, (), "0 of 2 addresses of ours pass"),
        ("none.test", State.OK, ("spf.missing",), "none.test has no SPF record"),
        ("none.org", State.WARNING, ("spf.missing",), "none.org has no SPF record"),
        ("absent.org", State.WARNING, ("spf.missing",), "absent.org does not exist"),
    ],
)
async def test_a_domain(domain: str, state: State, codes: tuple[str, ...], words: str) -> None:
    result = await ask(domain)
    assert (result.state, result.codes) == (state, codes), result
    assert words in result.summary


async def test_the_evidence_shows_records_and_what_they_say_of_each_address() -> None:
    assert (await ask("inc.test")).evidence == (
        "inc.test: v=spf1 include:lab.test ?all",
        "lab.test: v=spf1 mx -all",
        "mail1 10.0.0.1: pass",
        "mail1 fd00::1: pass",
    )


async def test_who_sends_can_be_set_by_name_and_by_address() -> None:
    named = await ask("lab.test", senders=("mail2",))
    by_address = await ask("lab.test", senders=("10.0.0.1", "11.0.0.1"))
    assert named.codes == by_address.codes == ("spf.sender-refused",)
    assert "mail2 (10.0.0.2): fail" in named.summary
    assert "11.0.0.1" in by_address.summary


@pytest.mark.parametrize("how", [dns.silent, dns.servfail, dns.refused, dns.truncated, dns.lame])
async def test_a_failing_resolver_is_unknown_and_no_missing_record(how: Behaviour) -> None:
    result = await ask("lab.test", how)
    assert (result.state, result.codes) == (State.UNKNOWN, ("dns.resolver.failed",))


# The parser

MECHANISMS = st.sampled_from(
    [
        *("all", "a", "mx", "a/24", "mx//64", "a:x.test/24//64", "include:x.test", "ptr"),
        *("exists:%{i}.x.test", "ip4:192.0.2.0/24", "ip6:2001:db8::/32", "ip6:::1", "mx:x.test"),
    ]
)


@given(st.lists(st.tuples(st.sampled_from(["", "+", "-", "~", "?"]), MECHANISMS), max_size=8))
def test_each_mechanism_is_read_with_its_qualifier(words: list[tuple[str, str]]) -> None:
    record = parse_spf(" ".join(["v=spf1", *("".join(word) for word in words)]))
    results = {"": "pass", "+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
    assert [one.result for one in record.terms] == [results[sign] for sign, _ in words]


@given(st.text(max_size=80) | st.from_regex(r"\A[-+~?]?(a|mx|ip4|ip6|all)[:/=0-9a-f.%{}]{0,20}\Z"))
def test_any_text_is_a_record_or_refused_in_harmless_words(text: str) -> None:
    refusal = ""
    try:
        assert isinstance(parse_spf(f"v=spf1 {text}"), Record)
    except BadSpf as error:
        refusal = str(error)
    assert refusal.isprintable()


@pytest.mark.parametrize(
    "word",
    [
        *("include:", "include", "ip4:", "ip4:x", "ip4:::1", "ip6:1.2.3.4", "ip4:1.2.3.4/33"),
        *("all:x", "all/8", "include:x.test/8", "ip6:::1/129", "bogus", "redirect=a redirect=b"),
    ],
)
def test_what_is_no_mechanism_is_refused(word: str) -> None:
    with pytest.raises(BadSpf):
        parse_spf(f"v=spf1 {word}")


@given(st.ip_addresses(v=4), st.ip_addresses(v=4), st.integers(0, 32))
def test_networks_are_those_of_ipaddress(
    address: ipaddress.IPv4Address, network: ipaddress.IPv4Address, length: int
) -> None:
    around = ipaddress.ip_network(f"{network}/{length}", strict=False)
    assert is_within(str(address), str(network), (length, 128)) == (address in around)
    assert not is_within("::1", str(network), (length, 128))
