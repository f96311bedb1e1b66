from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Host, Result, State, System
from checks.protocol import helo
from checks.protocol.helo import Names
from tests.peers import HOST, Peer, dns, serve, tcp
from tests.peers import smtp as peers
from tests.peers.dns import Behaviour, dns_server

ZONE = f"""
mx.lab.test.              A    {HOST}
own.lab.test.             A    11.0.0.1
other.lab.test.           A    11.0.0.1
1.0.0.127.in-addr.arpa.   PTR  own.lab.test.
"""


@pytest.fixture(autouse=True)
def everybody_sees_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helo, "is_seen", lambda address, name: True)


async def ask(peer: Peer, behaviour: Behaviour = dns.answer) -> Result:
    async with serve(peer) as port, dns_server(ZONE, behaviour) as names:
        host = Host(name="mx", address=HOST, services=(f"smtp:{port}",))
        system = System(name="lab", resolver=names.resolver, hosts=(host,))
        (target,) = helo.targets(system)
        result = await helo.check(target, helo.Options(), deadline=1)
    assert set(result.codes) <= set(helo.FINDINGS)
    assert result.summary.isprintable()
    return result


def greets(name: str) -> Peer:
    return peers.speaks(banner=f"220 {name} ESMTP\r\n".encode())


@pytest.mark.parametrize(
    ("name", "state", "codes", "words"),
    [
        ("mx.lab.test", State.OK, (), "greets as mx.lab.test: 127.0.0.1"),
        ("OWN.lab.test", State.OK, (), "greets as OWN.lab.test"),
        ("other.lab.test", State.OK, ("helo.mismatch",), "not as 127.0.0.1 is called"),
        ("no.lab.test", State.WARNING, ("helo.unknown-name",), "which does not exist"),
        ("localhost", State.WARNING, ("helo.no-name",), "greets as localhost, which is no full"),
        ("10.0.0.1", State.WARNING, ("helo.no-name",), "no full name"),
    ],
)
async def test_a_greeting(name: str, state: State, codes: tuple[str, ...], words: str) -> None:
    result = await ask(greets(name))
    assert (result.state, result.codes) == (state, codes)
    assert words in result.summary


@pytest.mark.parametrize("how", [dns.silent, dns.servfail])
async def test_a_failing_resolver_is_unknown_and_no_missing_name(how: Behaviour) -> None:
    result = await ask(greets("mx.lab.test"), how)
    assert (result.state, result.codes) == (State.UNKNOWN, ("dns.resolver.failed",))


@pytest.mark.parametrize("peer", [tcp.silent, tcp.closes, peers.greets(b"554 no")])
async def test_who_does_not_greet_has_no_name(peer: Peer) -> None:
    result = await ask(peer)
    assert (result.state, result.codes) == (State.UNKNOWN, ("helo.unseen",))


async def test_a_name_matters_only_where_others_see_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(helo, "is_seen", lambda address, name: False)
    result = await ask(greets("localhost"), dns.silent)
    assert (result.state, result.codes) == (State.OK, ())
    assert "greets as localhost, behind an address that no one elsewhere sees" in result.summary


names = st.sampled_from(["mx.lab.test", "mx", ""])
addresses = st.lists(st.sampled_from(["11.0.0.1", "11.0.0.2"]), max_size=2).map(tuple)


@given(names, addresses, addresses, st.sampled_from(["", "does not answer"]))
def test_what_could_not_be_asked_is_never_called_missing(
    name: str, found: tuple[str, ...], reverse: tuple[str, ...], failure: str
) -> None:
    seen = Names(
        greeted=name, address="11.0.0.1", addresses=found, reverse=reverse, failure=failure
    )
    judged = helo.judge(seen)
    assert judged is None or not (failure and judged.code == "helo.unknown-name")
