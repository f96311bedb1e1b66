from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Result, State, System
from checks.network import dmarc
from checks.network.dmarc import BadDmarc, Dmarc, parse_dmarc
from tests.peers import dns
from tests.peers.dns import Behaviour, dns_server

ZONE = """
_dmarc.lab.test.    TXT "v=DMARC1; p=reject; adkim=s; pct=50; rua=mailto:d@lab.test!10m"
dept.lab.test.      MX  10 mail.lab.test.
_dmarc.two.test.    TXT "v=DMARC1; p=none"
_dmarc.two.test.    TXT "v=DMARC1; p=reject"
_dmarc.typo.test.   TXT "v=DMARC1; p=rejct"
_dmarc.other.test.  TXT "hello"
"""


async def ask(domain: str, behaviour: Behaviour = dns.answer, *, required: bool = False) -> Result:
    async with dns_server(ZONE, behaviour) as peer:
        system = System(name="lab", resolver=peer.resolver, domains=(domain,))
        (target,) = dmarc.targets(system)
        result = await dmarc.check(target, dmarc.Options(required=required), deadline=1)
    assert set(result.codes) <= set(dmarc.FINDINGS)
    return result


@pytest.mark.parametrize(
    ("domain", "state", "codes", "words"),
    [
        ("lab.test", State.OK, (), "DMARC: reject for 50 %, strict for dkim"),
        ("dept.lab.test", State.OK, (), "DMARC: reject"),
        ("two.test", State.WARNING, ("dmarc.several",), "2 DMARC records at _dmarc.two.test"),
        ("typo.test", State.WARNING, ("dmarc.invalid",), "p=rejct is none of"),
        ("other.test", State.OK, ("dmarc.missing",), "no DMARC record at _dmarc.other.test"),
        ("no.test", State.OK, ("dmarc.missing",), "no DMARC record at _dmarc.no.test"),
    ],
)
async def test_a_domain(domain: str, state: State, codes: tuple[str, ...], words: str) -> None:
    result = await ask(domain)
    assert (result.state, result.codes) == (state, codes)
    assert words in result.summary


async def test_a_record_that_is_wanted_is_missed() -> None:
    assert (await ask("no.test", required=True)).state is State.WARNING


@pytest.mark.parametrize("how", [dns.silent, dns.servfail, dns.refused, dns.lame])
async def test_a_failing_resolver_is_unknown_and_no_missing_record(how: Behaviour) -> None:
    result = await ask("lab.test", how)
    assert (result.state, result.codes) == (State.UNKNOWN, ("dns.resolver.failed",))


@given(st.sampled_from(dmarc.POLICIES), st.sampled_from("rsRS"), st.integers(0, 100), st.booleans())
def test_what_was_written_is_read(policy: str, mode: str, percent: int, spaced: bool) -> None:
    to = "mailto:a@b.test,mailto:c@d.test"
    text = f"v=DMARC1;p={policy};aspf={mode};pct={percent};fo=1;x=y;rua={to}"
    strict = ("spf",) if mode in "sS" else ()
    assert parse_dmarc(text.replace(";", " ; ") if spaced else text) == Dmarc(
        policy, strict, percent
    )


@given(st.text(max_size=80))
def test_any_text_is_a_record_or_refused_in_harmless_words(text: str) -> None:
    refusal = ""
    try:
        parse_dmarc(f"v=DMARC1; {text}")
    except BadDmarc as error:
        refusal = str(error)
    assert refusal.isprintable()


@pytest.mark.parametrize(
    "rest",
    ["", "p=", "sp=x; p=none", "p=none; pct=101", "p=none; aspf=x", "p=none; rua=d@lab.test", "p"],
)
def test_what_receivers_take_for_none_is_refused(rest: str) -> None:
    with pytest.raises(BadDmarc):
        parse_dmarc(f"v=DMARC1; {rest}")


def test_the_version_comes_first() -> None:
    with pytest.raises(BadDmarc, match="does not begin"):
        parse_dmarc("p=none; v=DMARC1")
