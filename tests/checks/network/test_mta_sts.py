from __future__ import annotations

from asyncio import StreamReader, StreamWriter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Result, State, System
from checks.network import _mta_sts, mta_sts
from checks.network._mta_sts import BadSts, Policy, parse_id, parse_policy
from tests.checks.protocol.asking import ca_file
from tests.peers import HOST, Peer, dns, serve, tcp, tls
from tests.peers.dns import Behaviour, dns_server

ZONE = f"""
lab.test.           MX  10 mail1.lab.test.
lab.test.           MX  20 backup.other.test.
_mta-sts.lab.test.  TXT "v=STSv1; id=20260101;"
mta-sts.lab.test.   A   {HOST}
two.test.           MX  10 mail1.lab.test.
_mta-sts.two.test.  TXT "v=STSv1; id=1"
_mta-sts.two.test.  TXT "v=STSv1; id=2"
_mta-sts.bad.test.  TXT "v=STSv1; id=?"
_mta-sts.gone.test. TXT "v=STSv1; id=1"
plain.test.         MX  10 mail1.lab.test.
"""

POLICY = "version: STSv1\r\nmode: {mode}\r\nmx: *.lab.test\r\nmx: {other}\r\nmax_age: 86400\r\n"


def page(body: str, status: str = "200 OK") -> Peer:
    """Answers any request with that page."""
    said = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()

    async def peer(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await writer.drain()

    return peer


def enforced(other: str = "backup.other.test", mode: str = "enforce") -> Peer:
    return page(POLICY.format(mode=mode, other=other))


async def ask(
    monkeypatch: pytest.MonkeyPatch,
    domain: str,
    peer: Peer = tcp.silent,
    behaviour: Behaviour = dns.answer,
    *,
    name: str = "mta-sts.lab.test",
) -> Result:
    context = tls._context(tls.authority().issue_cert(name))
    async with serve(peer, tls=context) as port, dns_server(ZONE, behaviour) as names:
        monkeypatch.setattr(mta_sts, "PORT", port)
        system = System(name="lab", resolver=names.resolver, domains=(domain,))
        (target,) = mta_sts.targets(system)
        result = await mta_sts.check(target, mta_sts.Options(ca_file=ca_file()), deadline=1)
    assert set(result.codes) <= set(mta_sts.FINDINGS)
    assert result.summary.isprintable()
    return result


@pytest.mark.parametrize(
    ("domain", "peer", "state", "codes", "words"),
    [
        ("plain.test", tcp.silent, State.OK, (), "no MTA-STS is published"),
        ("lab.test", enforced(), State.OK, (), "MTA-STS enforce"),
        (
            *("lab.test", enforced("x.test"), State.CRITICAL, ("mta-sts.mx-mismatch",)),
            "MX backup.other.test not in the MTA-STS policy of lab.test: senders do not deliver",
        ),
        (
            *("lab.test", enforced("x.test", "testing"), State.WARNING, ("mta-sts.mx-mismatch",)),
            "would be refused",
        ),
        ("lab.test", enforced("x.test", "none"), State.OK, (), "MTA-STS none"),
        ("lab.test", page("hello"), State.WARNING, ("mta-sts.invalid",), "not written key: value"),
        ("lab.test", page("", "404 No"), State.WARNING, ("mta-sts.invalid",), "answers 404"),
        ("lab.test", page("", "302 There"), State.WARNING, ("mta-sts.invalid",), "answers 302"),
        ("lab.test", page("x" * 70000), State.WARNING, ("mta-sts.invalid",), "longer than 64 KiB"),
        ("lab.test", tcp.silent, State.WARNING, ("mta-sts.unreachable",), "no answer in time"),
        ("lab.test", tcp.closes, State.WARNING, ("mta-sts.unreachable",), "without an answer"),
        ("two.test", tcp.silent, State.WARNING, ("mta-sts.record-invalid",), "there are 2 records"),
        ("bad.test", tcp.silent, State.WARNING, ("mta-sts.record-invalid",), "no id"),
        ("gone.test", tcp.silent, State.WARNING, ("mta-sts.unreachable",), "does not exist"),
    ],
)
async def test_a_domain(
    domain: str,
    peer: Peer,
    state: State,
    codes: tuple[str, ...],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = await ask(monkeypatch, domain, peer)
    assert (result.state, result.codes) == (state, codes), result
    assert words in result.summary


async def test_a_policy_server_with_another_name_is_not_trusted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = await ask(monkeypatch, "lab.test", enforced(), name="www.lab.test")
    assert (result.state, result.codes) == (State.WARNING, ("mta-sts.untrusted",))


@pytest.mark.parametrize("how", [dns.silent, dns.servfail, dns.refused, dns.lame])
async def test_a_failing_resolver_is_unknown(
    how: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = await ask(monkeypatch, "lab.test", enforced(), how)
    assert (result.state, result.codes) == (State.UNKNOWN, ("dns.resolver.failed",))


names = st.from_regex(r"(\*\.)?[a-z]{1,5}(\.[a-z]{1,5}){1,3}", fullmatch=True)


@given(
    st.sampled_from(_mta_sts.MODES),
    st.integers(0, 31557600),
    st.lists(names, min_size=1, max_size=5),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_was_written_is_read(mode: str, age: int, mx: list[str], end: str) -> None:
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {one}" for one in mx), f"max_age:{age}"]
    assert parse_policy(end.join([*lines, "extra: x", ""])) == Policy(mode, age, tuple(mx))


@given(st.text(max_size=200))
def test_any_text_is_refused_in_harmless_words(text: str) -> None:
    refusals = []
    for parse in (parse_policy, parse_id):
        with pytest.raises(BadSts) as refusal:
            parse(f"!{text}")
        refusals.append(str(refusal.value))
    assert all(one.isprintable() for one in refusals)


@given(names)
def test_a_star_is_one_label(name: str) -> None:
    bare = name.removeprefix("*.")
    policy = Policy("enforce", 1, (f"*.{bare}",))
    assert policy.allows(f"MX.{bare}.")
    assert not policy.allows(bare)
    assert not policy.allows(f"a.b.{bare}")
