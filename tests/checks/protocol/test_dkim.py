"""DKIM of messages that arrive, signed by dkimpy with keys from cryptography."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.model import Result, State
from checks.protocol import _dkim, _testmail
from checks.protocol._dkim import Outcome, Signature
from checks.resolver import Resolver
from tests.checks.protocol.test_roundtrip import asking, password
from tests.peers import dns, mailsystem
from tests.peers.dns import dns_server
from tests.peers.mailsystem import MailSystem

__all__ = ["password"]

KEY = "lab._domainkey.lab.test"


@functools.cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 1024)


def record(of: rsa.RSAPrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    public = of.public_key().public_bytes(serialization.Encoding.DER, form)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


def zone(text: str) -> str:
    """Cut into strings of 100, as keys have to be (RFC 6376 3.6.2.2)."""
    strings = " ".join(f'"{text[start : start + 100]}"' for start in range(0, len(text), 100))
    return f"{KEY}. TXT {strings}\nlab.test. TXT {strings}"


def good() -> str:
    return zone(record(key()))


def sign(mail: bytes, domain: bytes = b"lab.test") -> bytes:
    import dkim

    pem = key().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    signed: bytes = dkim.sign(mail, b"lab", domain, pem, include_headers=[b"From", b"Subject"])
    return signed + mail


def signing(domain: bytes = b"lab.test") -> Callable[[MailSystem, bytes], None]:
    return lambda system, mail: system.put(sign(mail, domain))


async def come(system: MailSystem, folder: Path, resolver: Resolver, *, times: int = 1) -> Result:
    """The last of so many messages of the canary to itself, keys being looked up there."""
    async with asking(system, folder) as ask:
        trip = ask.target.trip
        assert trip is not None
        canary = replace(trip.recipient, imap=replace(trip.recipient.imap, resolver=resolver))
        ask.target = replace(ask.target, trip=replace(trip, sender=canary, recipient=canary))
        for _ in range(times):
            result = await ask()
    return result


async def test_a_signature_whose_key_is_published_is_fine(tmp_path: Path) -> None:
    async with dns_server(good()) as peer:
        result = await come(MailSystem(deliver=signing()), tmp_path, peer.resolver)
    assert (result.state, result.codes) == (State.OK, ())
    assert result.evidence[0] == f"DKIM {KEY} valid"


@pytest.mark.parametrize(
    ("published", "code", "words"),
    [
        ("other.test. A 127.0.0.1", "dkim.key.missing", f"the DKIM key {KEY} is not published"),
        (zone("v=DKIM1; p="), "dkim.key.revoked", "is withdrawn"),
        (zone("v=DKIM1; p=!!!"), "dkim.signature.invalid", "could not parse RSA"),
        (zone("no key"), "dkim.signature.invalid", "is not written tag=value"),
        (f'{good()}\n{KEY}. TXT "v=DKIM1"', "dkim.signature.invalid", "2 TXT records"),
    ],
    ids=("missing", "revoked", "no base64", "no tags", "two"),  # a key in an id differs by worker
)
async def test_a_key_that_is_of_no_use_has_its_own_finding(
    published: str, code: str, words: str, tmp_path: Path
) -> None:
    async with dns_server(published) as peer:
        result = await come(MailSystem(deliver=signing()), tmp_path, peer.resolver)
    assert (result.state, result.codes) == (State.WARNING, (code,))
    assert words in result.summary


async def test_another_key_than_the_one_it_was_signed_with_is_found(tmp_path: Path) -> None:
    other = rsa.generate_private_key(65537, 1024)
    async with dns_server(zone(record(other))) as peer:
        result = await come(MailSystem(deliver=signing()), tmp_path, peer.resolver)
    assert result.codes == ("dkim.signature.invalid",)
    assert "made with another key" in result.summary


async def test_a_text_that_was_changed_after_it_was_signed_is_found(tmp_path: Path) -> None:
    def alter(system: MailSystem, mail: bytes) -> None:
        mailsystem.alter(system, sign(mail))

    async with dns_server(good()) as peer:
        result = await come(MailSystem(deliver=alter), tmp_path, peer.resolver)
    assert set(result.codes) == {"dkim.signature.invalid", "roundtrip.altered"}


@pytest.mark.parametrize("how", [dns.silent, dns.servfail, dns.refused])
async def test_a_resolver_that_fails_leaves_the_key_open_and_the_trip_well(
    how: dns.Behaviour, tmp_path: Path
) -> None:
    async with dns_server(good(), how) as peer:
        result = await come(MailSystem(deliver=signing()), tmp_path, peer.resolver)
    assert (result.state, result.codes) == (State.OK, ("dkim.key.unasked",))


async def test_mail_that_was_never_signed_is_not_missed_to_be(tmp_path: Path) -> None:
    async with dns_server(good()) as peer:
        result = await come(MailSystem(), tmp_path, peer.resolver, times=2)
    assert (result.state, result.codes) == (State.OK, ())


async def test_mail_that_is_no_longer_signed_is_missed_to_be(tmp_path: Path) -> None:
    async with dns_server(good()) as peer:
        await come(MailSystem(deliver=signing()), tmp_path, peer.resolver)
        result = await come(MailSystem(), tmp_path, peer.resolver, times=2)
    assert (result.state, result.codes) == (State.WARNING, ("roundtrip.unsigned",))
    assert KEY in result.summary


async def test_a_signature_of_somebody_else_is_told_of(tmp_path: Path) -> None:
    async with dns_server(good()) as peer:
        result = await come(MailSystem(deliver=signing(b"other.org")), tmp_path, peer.resolver)
    assert (result.state, result.codes) == (State.OK, ("dkim.signature.unaligned",))


def test_one_valid_signature_of_ours_is_enough() -> None:
    bad, fine = (Signature("lab.test", "a", one) for one in (Outcome.MISSING, Outcome.VALID))
    assert _dkim.judge([bad, fine], "lab.test", "") == []
    assert [one.code for one in _dkim.judge([bad], "lab.test", "")] == ["dkim.key.missing"]


@pytest.mark.parametrize(
    ("signer", "is_ours"),
    [
        ("lab.test", True),
        ("mail.lab.test", True),
        ("test", True),
        ("xlab.test", False),
        ("", False),
    ],
)
def test_alignment_is_by_whole_labels(signer: str, is_ours: bool) -> None:
    assert _dkim.is_aligned(signer, "lab.test") == is_ours


@given(st.binary(max_size=300))
def test_any_header_is_read_in_harmless_words(junk: bytes) -> None:
    found = _dkim.parse_signatures(b"A: b\r\nDKIM-Signature: " + junk + b"\r\nDKIM-Signature:\r\n")
    assert 1 <= len(found) <= _dkim.SIGNATURES_LIMIT
    assert all(str(one).isprintable() for one in found)


@given(st.lists(st.text(max_size=100), min_size=1, max_size=3))
def test_any_key_record_is_judged(texts: list[str]) -> None:
    outcome, why = _dkim.judge_key(texts)
    assert outcome is not Outcome.VALID
    assert why.isprintable()


@given(st.binary(max_size=200))
def test_any_key_computes_to_an_outcome(junk: bytes) -> None:
    message = sign(_testmail.compose("1-0123456789abcdef", "a@lab.test", "a@lab.test"))
    outcome, why = _dkim._compute(message, 0, b"v=DKIM1; p=" + base64.b64encode(junk))
    assert outcome is Outcome.INVALID
    assert why.isprintable()
