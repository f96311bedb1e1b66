"""The tls check: all ports of a host, in depth."""

from __future__ import annotations

import hashlib
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Host, Result, State, System, now
from checks.protocol import _dane, tls
from checks.protocol._chain import judge_chain
from checks.protocol._dane import Dane, judge_dane, parse_tlsa
from checks.protocol._der import Link, parse_certificate
from checks.protocol._dialogue import Broken
from checks.protocol._endpoint import PROTOCOLS, Endpoint
from checks.protocol._sieve import parse_capability
from checks.protocol.tls import Options
from checks.resolver import Resolver
from tests.checks.protocol.asking import GRACE, ca_file, left_open
from tests.lab.dovecot import Dovecot, dovecot
from tests.lab.postfix import Postfix, postfix
from tests.peers import HOST, Peer, serve, tcp
from tests.peers import smtp as smtp_peers
from tests.peers import tls as tls_peers
from tests.peers.dns import dns_server


@asynccontextmanager
async def host(*services: tuple[str, Peer, ssl.SSLContext | None]) -> AsyncIterator[Host]:
    """A host of ours with those services."""
    async with AsyncExitStack() as stack:
        names = []
        for service, peer, context in services:
            port = await stack.enter_async_context(serve(peer, tls=context))
            names.append(f"{service}:{port}")
        yield Host(name="mx", address=HOST, services=tuple(names), ca_file=ca_file())


async def ask(one: Host, folder: Path, *, deadline: float = 2.0, **options: object) -> Result:
    system = System(name="lab", resolver=Resolver(), hosts=(one,))
    (target,) = tls.targets(system)
    chosen = Options(folder=str(folder), **options)  # type: ignore[arg-type]
    result = await tls.check(target, chosen, deadline=deadline)
    assert result.duration < deadline + GRACE
    assert set(result.codes) <= set(tls.FINDINGS)
    assert all(text.isprintable() for text in (result.summary, *result.evidence))
    return result


def smtps(context: ssl.SSLContext) -> tuple[str, Peer, ssl.SSLContext]:
    return ("smtps", smtp_peers.speaks(), context)


async def test_a_host_whose_ports_are_fine_says_so_once(tmp_path: Path) -> None:
    before = left_open()
    async with host(smtps(tls_peers.good()), smtps(tls_peers.good())) as one:
        result = await ask(one, tmp_path)
    assert (result.state, result.codes) == (State.OK, ())
    assert result.summary == "TLSv1.3 on 2 ports, whole chain good for 90 days"
    assert left_open() == before


@pytest.mark.parametrize(
    ("context", "code", "words"),
    [
        (tls_peers.no_intermediate, "tls.missing-intermediate", "neither sent nor trusted here"),
        (tls_peers.unknown_ca, "tls.missing-intermediate", "neither sent nor trusted here"),
        (tls_peers.self_signed, "tls.self-signed", "self"),
        (tls_peers.expired, "tls.expired", "has expired"),
        (tls_peers.wrong_name, "tls.wrong-name", "mismatch"),
    ],
)
async def test_what_is_refused_is_looked_at_once_more(
    context: object, code: str, words: str, tmp_path: Path
) -> None:
    assert callable(context)
    async with host(smtps(context()), smtps(context())) as one:
        result = await ask(one, tmp_path)
    assert (result.state, result.codes) == (State.CRITICAL, (code,))
    assert result.summary.startswith("ports ")
    assert words in result.summary
    assert "TLSv1.3" in result.evidence[0]


async def test_a_chain_that_is_whole_and_unknown_lacks_no_intermediate(tmp_path: Path) -> None:
    async with host(smtps(tls_peers.unknown_chain())) as one:
        result = await ask(one, tmp_path)
    assert result.codes == ("tls.unknown-ca",)
    assert "the chain ends at" in result.summary


async def test_an_intermediate_that_ends_soon_is_found(tmp_path: Path) -> None:
    async with host(smtps(tls_peers.with_intermediate(days=5))) as one:
        soon = await ask(one, tmp_path)
    async with host(smtps(tls_peers.with_intermediate(days=15))) as one:
        later = await ask(one, tmp_path)
    assert (soon.state, soon.codes) == (State.CRITICAL, ("tls.intermediate.expires-soon",))
    assert (later.state, later.codes) == (State.WARNING, ("tls.intermediate.expiring",))
    assert "intermediate certificate Short CA expires in 5 days" in soon.summary


async def test_a_version_and_a_cipher_below_the_floor_are_found(tmp_path: Path) -> None:
    context = tls_peers.lasting(90)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with host(smtps(context)) as one:
        old = await ask(one, tmp_path, min_version="TLSv1.3")
        weak = await ask(one, tmp_path, min_bits=512)
        named = await ask(one, tmp_path, weak_ciphers=("GCM",))
    assert (old.state, old.codes) == (State.WARNING, ("tls.old-version",))
    assert "TLSv1.2 is the best that is spoken, below TLSv1.3" in old.summary
    assert weak.codes == named.codes == ("tls.weak-cipher",)


async def test_a_server_that_is_too_old_for_clients_is_looked_at_all_the_same(
    tmp_path: Path,
) -> None:
    context = tls_peers.lasting(90)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.maximum_version = ssl.TLSVersion.TLSv1
    async with host(smtps(context)) as one:
        result = await ask(one, tmp_path)
    assert (result.state, result.codes) == (State.CRITICAL, ("tls.too-old",))
    assert "TLSv1 is the newest TLS that is spoken" in result.summary


async def test_a_floor_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match=r"min_version must be one of SSLv3, TLSv1"):
        Options(min_version="1.2")


async def test_starttls_that_was_never_offered_is_told_and_no_fault(tmp_path: Path) -> None:
    async with host(("smtp", smtp_peers.speaks(), None), smtps(tls_peers.good())) as one:
        result = await ask(one, tmp_path)
    assert (result.state, result.codes) == (State.OK, ("tls.starttls.missing",))


async def test_starttls_that_vanishes_is_missed(tmp_path: Path) -> None:
    peers = [smtp_peers.speaks(tls=tls_peers.good())]

    async def peer(reader: StreamReader, writer: StreamWriter) -> None:
        await peers[-1](reader, writer)

    async with host(("smtp", peer, None)) as one:
        first = await ask(one, tmp_path)
        peers.append(smtp_peers.speaks())
        gone = await ask(one, tmp_path)
    assert (first.state, first.codes) == (State.OK, ())
    assert (gone.state, gone.codes) == (State.WARNING, ("tls.starttls.vanished",))
    assert "switched off there, or stripped on the way" in gone.summary


async def test_starttls_that_a_firewall_writes_over_is_stripped(tmp_path: Path) -> None:
    async with host(("smtp", smtp_peers.strips_starttls(), None)) as one:
        result = await ask(one, tmp_path)
    assert (result.state, result.codes) == (State.WARNING, ("tls.starttls.stripped",))


SIEVE = b'"IMPLEMENTATION" "x"\r\n"SIEVE" "fileinto"\r\nOK "ready"\r\n'


async def test_a_sieve_that_offers_no_tls_is_told_of(tmp_path: Path) -> None:
    async with host(("sieve", tcp.says(SIEVE), None)) as one:
        result = await ask(one, tmp_path)
    assert (result.state, result.codes) == (State.OK, ("tls.starttls.missing",))


@given(st.binary(max_size=120))
def test_any_line_is_a_capability_or_breaks_the_talk(line: bytes) -> None:
    try:
        assert parse_capability(line).isprintable()
    except Broken as error:
        assert str(error).isprintable()  # noqa: PT017


@pytest.mark.parametrize("peer", [tcp.silent, tcp.closes, tcp.trickles, tcp.endless_line])
async def test_a_host_that_does_not_talk_is_unknown_by_the_deadline(
    peer: Peer, tmp_path: Path
) -> None:
    async with host(
        ("smtp", peer, None), ("imap", peer, None), ("pop3s", peer, None), ("sieve", peer, None)
    ) as one:
        result = await ask(one, tmp_path, deadline=0.8)
    assert (result.state, result.codes) == (State.UNKNOWN, ("tls.unseen",))


async def test_one_port_that_does_not_talk_hides_no_other(tmp_path: Path) -> None:
    async with host(("smtp", tcp.silent, None), smtps(tls_peers.good())) as one:
        result = await ask(one, tmp_path, deadline=0.8)
    assert result.state is State.OK
    assert "nothing after connect" in result.evidence[0]


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Postfix, Dovecot]]:
    with postfix() as mta, dovecot(has_sieve=True) as store:
        yield mta, store


@pytest.mark.real
@pytest.mark.xdist_group("protocol-real")
async def test_each_port_of_real_servers_is_looked_at(
    servers: tuple[Postfix, Dovecot], tmp_path: Path
) -> None:
    for server in servers:
        services = tuple(f"{name}:{port}" for name, port in server.ports.items())
        kept = tuple(one for one in services if one.split(":")[0] in PROTOCOLS)
        one = Host(name="mx", address=server.address, services=kept, ca_file=str(server.ca_file))
        result = await ask(one, tmp_path, deadline=8.0)
        assert (result.state, result.codes) == (State.OK, ()), result
        assert all("TLSv1.3" in line for line in result.evidence), result
        assert len(result.evidence) == len(kept)
    assert "sieve" in servers[1].ports


# Certificates' bytes


def made(name: str, days: int, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Ca Org")])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=27000))
        .not_valid_after(now() + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )


KEY = ec.generate_private_key(ec.SECP256R1())


@given(st.text(min_size=1, max_size=60), st.integers(-26000, 60000))
def test_a_certificate_is_read_as_cryptography_reads_it(name: str, days: int) -> None:
    try:
        certificate = made(name, days, KEY)
    except ValueError:
        return
    link = parse_certificate(certificate.public_bytes(serialization.Encoding.DER))
    assert link.until == certificate.not_valid_after_utc
    assert link.issuer == "Ca Org"
    assert link.subject.isprintable()
    assert link.key == KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert not link.is_self_issued


DER = made("mx.lab.test", 90, KEY).public_bytes(serialization.Encoding.DER)


@given(st.binary(max_size=400) | st.integers(0, len(DER) - 1).map(lambda cut: DER[:cut]))
def test_bytes_that_are_no_certificate_are_refused(junk: bytes) -> None:
    with pytest.raises(ValueError, match=r"^"):
        parse_certificate(junk)


@given(st.integers(0, len(DER) - 1), st.integers(0, 255))
def test_a_certificate_with_a_byte_changed_is_read_or_refused(place: int, byte: int) -> None:
    changed = DER[:place] + bytes([byte]) + DER[place + 1 :]
    try:
        link = parse_certificate(changed)
    except ValueError:
        return
    assert link.subject.isprintable()


# DANE

LEAF = parse_certificate(DER)
AUTHORITY = parse_certificate(made("CA", 900, KEY).public_bytes(serialization.Encoding.DER))
CHAIN = (LEAF, AUTHORITY)


def record(usage: int, selector: int, matching: int, link: Link) -> str:
    data = link.key if selector else link.der
    if matching:
        data = (hashlib.sha256 if matching == 1 else hashlib.sha512)(data).digest()
    return f"{usage} {selector} {matching} {data.hex()}"


@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("matching", [0, 1, 2])
@pytest.mark.parametrize(("usage", "link"), [(3, LEAF), (2, AUTHORITY)])
def test_each_kind_of_tlsa_record_matches_what_it_is_of(
    usage: int, link: Link, selector: int, matching: int
) -> None:
    found = parse_tlsa(record(usage, selector, matching, link))
    assert found.matches(CHAIN)
    assert judge_dane(Dane("x", (found,), is_proven=True), CHAIN) == []


@pytest.mark.parametrize(
    ("text", "proven", "state", "code"),
    [
        ("3 1 1 00", True, State.CRITICAL, "tls.dane.mismatch"),
        ("3 1 1 00", False, State.WARNING, "tls.dane.mismatch"),
        ("ours", False, State.OK, "tls.dane.unproven"),
        ("1 1 1 00", True, State.WARNING, "tls.dane.unusable"),
        ("3 9 1 00", True, State.WARNING, "tls.dane.unusable"),
        ("2 0 1 00", True, State.CRITICAL, "tls.dane.mismatch"),
    ],
)
def test_what_is_published_is_believed_as_far_as_it_is_proven(
    text: str, proven: bool, state: State, code: str
) -> None:
    found = parse_tlsa(record(3, 1, 1, LEAF) if text == "ours" else text)
    (judged,) = judge_dane(Dane("_25._tcp.mx", (found,), is_proven=proven), CHAIN)
    assert (judged.state, judged.code) == (state, code)
    assert ("does not say" in judged.text) == (not proven)


@given(st.text(max_size=60) | st.from_regex(r"\A[0-9]{1,3}( [0-9]{1,3}){2} [0-9a-f ]{0,20}\Z"))
def test_any_text_is_a_tlsa_record_or_refused(text: str) -> None:
    try:
        found = parse_tlsa(text)
    except ValueError:
        return
    assert not (found.is_usable and found.matches(()))


async def test_records_come_from_the_dns_and_a_failure_is_no_missing_record() -> None:
    zone = f"_25._tcp.mx.lab.test. TLSA {record(3, 1, 1, LEAF)}\nlab.test. A 127.0.0.1"
    async with dns_server(zone) as peer:
        found = await _dane.look_up("mx.lab.test", peer.resolver, deadline=2)
        none = await _dane.look_up("lab.test", peer.resolver, deadline=2)
    assert [one.matches(CHAIN) for one in found.records] == [True]
    assert not found.is_proven
    assert (none.records, none.failure) == ((), "")
    silent = await _dane.look_up("mx.lab.test", Resolver("127.0.0.1", port=9), deadline=0.3)
    assert [one.code for one in judge_dane(silent, CHAIN)] == ["tls.dane.unasked"]


@given(st.integers(-100, 400), st.booleans())
def test_a_roots_end_matters_to_nobody(days: int, is_root: bool) -> None:
    at = now()
    link = Link("a", "b", at + timedelta(days=days), is_root, b"", b"")
    judged = judge_chain((LEAF, link), at, warn_days=21, critical_days=7)
    assert bool(judged) == (not is_root and days < 21)


def test_an_endpoint_that_was_not_seen_offers_nothing_and_misses_nothing() -> None:
    one = Endpoint(port=25, service="smtp")
    judged = tls.judge([one], Dane(""), {25: now()}, Options(), now())
    assert judged == []
