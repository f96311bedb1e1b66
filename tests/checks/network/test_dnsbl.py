from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config import Config
from app.plan import plan
from checks.model import Host, Result, State, System
from checks.network import dnsbl
from checks.network.dnsbl import LISTED, UNLISTED, Said, entry
from checks.resolver import Resolver
from tests.peers import dns
from tests.peers.dns import Behaviour, dns_server

ZONE = """
mail1.lab.test.            A    11.0.0.1
mail2.lab.test.            A    11.0.0.2
mail3.inside.org.          A    10.0.0.1
2.0.0.127.bl.test.         A    127.0.0.2
2.0.0.11.bl.test.          A    127.0.0.4
2.0.0.11.bl.test.          TXT  "spam trap, see [b]x"
1.0.0.11.dead.test.        A    127.0.0.2
*.all.test.                A    127.0.0.2
2.0.0.127.all.test.        A    127.0.0.2
1.0.0.127.all.test.        A    127.0.0.2
2.0.0.127.parked.test.     A    93.184.216.34
2.0.0.127.refuse.test.     A    127.255.255.254
1.0.0.127.refuse.test.     A    127.255.255.254
1.0.0.11.refuse.test.      A    127.255.255.254
"""


async def ask(
    address: str, *lists: str, behaviour: Behaviour = dns.answer, deadline: float = 2
) -> Result:
    async with dns_server(ZONE, behaviour) as peer:
        host = Host(name="mail1", address=address, services=("smtp",))
        system = System(name="lab", resolver=peer.resolver, hosts=(host,))
        (target,) = dnsbl.targets(system)
        result = await dnsbl.check(target, dnsbl.Options(lists=lists), deadline=deadline)
    assert set(result.codes) <= set(dnsbl.FINDINGS)
    return result


@pytest.mark.parametrize(
    ("address", "zone", "state", "codes", "words"),
    [
        ("mail1.lab.test", "bl.test", State.OK, (), "not on bl.test"),
        (
            *("mail2.lab.test", "bl.test", State.WARNING, ("dnsbl.listed",)),
            "11.0.0.2 on blocklist bl.test: spam trap",
        ),
        ("mail1.lab.test", "dead.test", State.UNKNOWN, ("dnsbl.dead",), "not believed"),
        ("mail1.lab.test", "all.test", State.UNKNOWN, ("dnsbl.lists-everything",), "given up"),
        ("mail1.lab.test", "parked.test", State.UNKNOWN, ("dnsbl.lists-everything",), "given up"),
        ("mail1.lab.test", "refuse.test", State.UNKNOWN, ("dnsbl.refused",), "refuses our queries"),
        ("mail3.inside.org", "all.test", State.OK, (), "no address that others see"),
    ],
)
async def test_a_list(
    address: str, zone: str, state: State, codes: tuple[str, ...], words: str
) -> None:
    result = await ask(address, zone)
    assert (result.state, result.codes) == (state, codes), result
    assert words in result.summary


async def test_what_one_list_says_is_not_hidden_by_one_that_is_dead() -> None:
    result = await ask("mail2.lab.test", "dead.test", "bl.test")
    assert (result.state, set(result.codes)) == (State.WARNING, {"dnsbl.listed", "dnsbl.dead"})
    assert "bl.test" in result.summary


@pytest.mark.parametrize("how", [dns.silent, dns.servfail, dns.refused])
async def test_a_failing_resolver_is_unknown_and_never_unlisted(how: Behaviour) -> None:
    result = await ask("11.0.0.1", "bl.test", behaviour=how, deadline=0.5)
    assert (result.state, result.codes) == (State.UNKNOWN, ("dns.resolver.failed",))


def test_nothing_is_asked_where_no_list_is_set() -> None:
    host = Host(name="mail1", address="mail1.lab.test", services=("smtp",))
    system = System(name="lab", resolver=Resolver(), hosts=(host,))
    asked = {job.kind for job in plan(Config(system=system))}
    wanted = Config(system=system, checks={"dnsbl": dnsbl.Options(lists=("bl.test",))})
    assert "dnsbl" not in asked
    assert "dnsbl" in {job.kind for job in plan(wanted)}


@given(st.ip_addresses())
def test_an_entry_is_the_address_backwards(address: ipaddress.IPv4Address) -> None:
    digits = entry(str(address), "bl.test.").removesuffix(".bl.test.").split(".")
    if address.version == 4:
        assert ".".join(reversed(digits)) == str(address)
    else:
        assert "".join(reversed(digits)) == address.exploded.replace(":", "")


codes = st.lists(st.ip_addresses(v=4).map(str), max_size=2).map(tuple)


@given(st.sampled_from([(), ("127.0.0.2",)]), codes, codes)
def test_only_a_list_that_passes_its_own_test_lists_anything(
    listed: tuple[str, ...], unlisted: tuple[str, ...], ours: tuple[str, ...]
) -> None:
    said = Said("bl.test", {LISTED: listed, UNLISTED: unlisted, "11.0.0.1": ours})
    judged = dnsbl.judge(said, ["11.0.0.1"])
    if judged is not None and judged[1].code == "dnsbl.listed":
        assert listed
        assert ours
        assert not unlisted
    if judged is None:
        assert listed
        assert not ours
