from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Result, State, System
from checks.network import resolver
from checks.network._authorities import View
from tests.lab.daemon import own_address
from tests.peers import dns
from tests.peers.dns import Behaviour, dns_server

ZONE = """
lab.test.          MX     10 mail1.lab.test.
lab.test.          NS     ns1.lab.test.
lab.test.          NS     ns2.lab.test.
mail.lab.test.     MX     10 mail1.lab.test.
alone.test.        MX     10 mail1.lab.test.
ns1.lab.test.      A      {first}
ns2.lab.test.      A      {second}
"""

OTHER = "lab.test. MX 10 old.lab.test."


@contextlib.asynccontextmanager
async def servers(*zones: str | Behaviour) -> AsyncIterator[System]:
    """A resolver and the domain's two own servers, each with that zone or behaviour."""
    first, second = own_address(), own_address()
    async with contextlib.AsyncExitStack() as stack:
        for address, zone in zip((first, second), zones, strict=False):
            text, how = (zone, dns.answer) if isinstance(zone, str) else (ZONE, zone)
            text = text.format(first=first, second=second)
            await stack.enter_async_context(dns_server(text, how, host=address, port=53))
        known = ZONE.format(first=first, second=second)
        peer = await stack.enter_async_context(dns_server(known))
        yield System(name="lab", resolver=peer.resolver, domains=("lab.test",))


async def ask(system: System, deadline: float = 2, **options: float | bool) -> Result:
    (target,) = resolver.targets(system)
    chosen = resolver.Options(**options)  # type: ignore[arg-type]
    result = await resolver.check(target, chosen, deadline=deadline)
    assert set(result.codes) <= set(resolver.FINDINGS)
    return result


async def test_a_resolver_that_agrees_with_the_domains_own_servers_is_fine() -> None:
    async with servers(ZONE, ZONE) as system:
        result = await ask(system)
    assert (result.state, result.codes) == (State.OK, ())
    assert "as 2 of the domain's own do" in result.summary


async def test_a_resolver_that_still_says_what_was_is_wrong() -> None:
    async with servers(OTHER, OTHER) as system:
        result = await ask(system)
    assert (result.state, result.codes) == (State.WARNING, ("dns.resolver.wrong",))
    assert "10 mail1.lab.test.; but ns1.lab.test: 10 old.lab.test." in result.summary


async def test_own_servers_that_disagree_are_no_fault_of_the_resolver() -> None:
    async with servers(ZONE, OTHER) as system:
        result = await ask(system)
    assert result.codes == ("dns.authority.disagrees",)


@pytest.mark.parametrize("how", [dns.silent, dns.refused, dns.servfail, dns.lame, dns.garbage])
async def test_one_own_server_that_fails_is_named(how: Behaviour) -> None:
    async with servers(ZONE, how) as system:
        result = await ask(system)
    assert (result.state, result.codes) == (State.WARNING, ("dns.authority.failed",))
    assert "name server ns2.lab.test fails" in result.summary


async def test_own_servers_of_which_none_can_be_asked_leave_the_question_open() -> None:
    async with servers() as system:
        result = await ask(system)
        assert (result.state, result.codes) == (State.UNKNOWN, ("dns.authority.unasked",))
        assert "compare = false" in result.mend
        assert (await ask(system, compare=False)).state is State.OK


async def test_a_slow_resolver_is_slow_and_not_dead() -> None:
    async with dns_server(
        ZONE.format(first="127.0.0.1", second="127.0.0.1"), dns.slow(0.2)
    ) as peer:
        system = System(name="lab", resolver=peer.resolver, domains=("lab.test",))
        result = await ask(system, slow=0.1, compare=False)
    assert (result.state, result.codes) == (State.WARNING, ("dns.resolver.slow",))
    assert "127.0.0.1" in result.summary


@pytest.mark.parametrize("how", [dns.silent, dns.servfail, dns.refused, dns.truncated, dns.lame])
async def test_a_failing_resolver_is_unknown_and_nothing_is_said_of_records(
    how: Behaviour,
) -> None:
    async with dns_server(ZONE.format(first="127.0.0.1", second="127.0.0.1"), how) as peer:
        system = System(name="lab", resolver=peer.resolver, domains=("lab.test",))
        result = await ask(system, deadline=0.5)
    assert (result.state, result.codes) == (State.UNKNOWN, ("dns.resolver.failed",))
    assert result.duration < 2


async def test_a_domain_inside_a_zone_has_the_servers_of_the_zone() -> None:
    async with servers(ZONE, ZONE) as system:
        inside = System(name="lab", resolver=system.resolver, domains=("mail.lab.test",))
        assert "as 2 of the domain's own do" in (await ask(inside)).summary


views = st.builds(
    View,
    st.just("ns"),
    st.lists(st.sampled_from(["10 a.", "20 b."]), unique=True).map(
        lambda found: tuple(sorted(found))
    ),
    st.sampled_from(["", "", "does not answer"]),
)


@given(said=views, theirs=st.lists(views, max_size=4), took=st.floats(0, 9))
def test_the_resolver_is_wrong_only_where_all_that_answer_agree_on_something_else(
    said: View, theirs: list[View], took: float
) -> None:
    codes = [one.code for _, one in resolver.judge(said, took, theirs, resolver.Options())]
    answers = {one.records for one in theirs if not one.failure}
    is_wrong = not said.failure and len(answers) == 1 and said.records not in answers
    assert ("dns.resolver.wrong" in codes) == is_wrong
    assert ("dns.resolver.failed" in codes) == bool(said.failure)
