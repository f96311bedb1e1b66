"""Certificates, good and bad, and what else goes wrong in a handshake."""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import ssl
import subprocess
from asyncio import StreamReader, StreamWriter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from checks.model import now
from tests.peers import HOST

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

NAME = "mx.lab.test"


@functools.cache
def authority() -> trustme.CA:
    """The CA that the tests trust."""
    return trustme.CA(organization_name="Lab CA")


def _context(leaf: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    return context


def lasting(days: float, *, since: float = -100.0) -> ssl.SSLContext:
    """A certificate for us that ends in so many days."""
    begin, end = now() + timedelta(days=since), now() + timedelta(days=days)
    return _context(authority().issue_cert(NAME, HOST, not_before=begin, not_after=end))


@functools.cache
def good() -> ssl.SSLContext:
    """35: nothing is wrong with it."""
    return lasting(90)


@functools.cache
def expired() -> ssl.SSLContext:
    """35: expired yesterday."""
    return lasting(-1)


@functools.cache
def not_yet_valid() -> ssl.SSLContext:
    """35: begins tomorrow."""
    return lasting(90, since=1)


@functools.cache
def wrong_name() -> ssl.SSLContext:
    """35: for somebody else."""
    return _context(authority().issue_cert("other.test", "127.9.9.9"))


@functools.cache
def unknown_ca() -> ssl.SSLContext:
    """35: from a CA that nobody trusts."""
    return _context(trustme.CA().issue_cert(NAME, HOST))


@functools.cache
def no_intermediate() -> ssl.SSLContext:
    """35: signed by an intermediate CA that the server does not send."""
    leaf = authority().create_child_ca().issue_cert(NAME, HOST)
    return _from_pem(leaf.cert_chain_pems[0].bytes(), leaf.private_key_pem.bytes())


@functools.cache
def unknown_chain() -> ssl.SSLContext:
    """35: a whole chain, from a CA that nobody trusts."""
    return _context(trustme.CA().create_child_ca().issue_cert(NAME, HOST))


def with_intermediate(days: float) -> ssl.SSLContext:
    """A whole chain whose certificate between ends in so many days; ours lasts longer."""
    key, above = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Short CA")])
    issuer_key, issuer = _authority()
    between = (
        _builder(name, issuer.subject, above, days)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
    leaf = (
        _builder(x509.Name([]), name, key)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]),
            critical=True,
        )
        .sign(above, hashes.SHA256())
    )
    return _from_keys(leaf, key, between)


def _authority() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = serialization.load_pem_private_key(authority().private_key_pem.bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key, x509.load_pem_x509_certificate(authority().cert_pem.bytes())


@functools.cache
def self_signed() -> ssl.SSLContext:
    """35: signed by itself."""
    return _own("self-signed", hashes.SHA256())


@functools.cache
def hostile_names() -> ssl.SSLContext:
    """38: control characters in its names; signed by the trusted CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "evil\x1b]0;pwned\x07")])
    issuer_key, issuer = _authority()
    certificate = (
        _builder(name, issuer.subject, key)
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("a\x1b[2Jb.test"), x509.IPAddress(ipaddress.ip_address(HOST))]
            ),
            critical=False,
        )
        .sign(issuer_key, hashes.SHA256())
    )
    return _from_keys(certificate, key)


@functools.cache
def sha_1() -> ssl.SSLContext:
    """35: signed with SHA-1 by the trusted CA; openssl(1) does it, cryptography no longer."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    with TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "ca.pem").write_bytes(authority().cert_pem.bytes())
        (path / "ca.key").write_bytes(authority().private_key_pem.bytes())
        signing = ["openssl", "x509", "-req", "-sha1", "-CA", "ca.pem", "-CAkey", "ca.key"]
        signed = subprocess.run(
            [*signing, "-set_serial", "7"],
            input=request.public_bytes(serialization.Encoding.PEM),
            capture_output=True,
            check=True,
            cwd=folder,
        ).stdout
    return _from_keys(x509.load_pem_x509_certificate(signed), key)


@functools.cache
def short_key() -> ssl.SSLContext:
    """35: an RSA key of 1024 bits; signed by the trusted CA."""
    key = rsa.generate_private_key(65537, 1024)
    issuer_key, issuer = _authority()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    return _from_keys(_builder(name, issuer.subject, key).sign(issuer_key, hashes.SHA256()), key)


@functools.cache
def huge() -> ssl.SSLContext:
    """37: a certificate of 1 MB; signed by the trusted CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName(f"host-{number:06}.of-many.lab.test") for number in range(33_000)]
    issuer_key, issuer = _authority()
    certificate = (
        _builder(x509.Name([]), issuer.subject, key)
        .add_extension(x509.SubjectAlternativeName(names), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
    return _from_keys(certificate, key)


def _own(name: str, algorithm: hashes.SHA256) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return _from_keys(_builder(subject, subject, key).sign(key, algorithm), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Key, days: float = 90
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=days))
    )


def _from_keys(certificate: x509.Certificate, key: Key, *above: x509.Certificate) -> ssl.SSLContext:
    pem = serialization.Encoding.PEM
    return _from_pem(
        b"".join(one.public_bytes(pem) for one in (certificate, *above)),
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


def _from_pem(certificate: bytes, key: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # or it would refuse its own weak certificate
    with TemporaryDirectory() as folder:
        path = Path(folder) / "both.pem"
        path.write_bytes(certificate + key)
        context.load_cert_chain(path)
    return context


@functools.cache
def wants_client_certificate() -> ssl.SSLContext:
    """41: good, and demands a certificate of the client. (asyncio keeps its alert to itself.)"""
    context = lasting(90)
    context.verify_mode = ssl.CERT_REQUIRED
    authority().configure_trust(context)
    return context


async def stalls(reader: StreamReader, writer: StreamWriter) -> None:
    """36: the head of a handshake record, and then nothing."""
    await reader.read(1)
    writer.write(b"\x16\x03\x03\x40\x00\x02")
    await asyncio.sleep(3600)


async def only_tls_1_0(reader: StreamReader, writer: StreamWriter) -> None:
    """35: refuses every version that we offer, with the alert protocol_version (RFC 8446 6.2)."""
    await reader.read(4096)
    writer.write(b"\x15\x03\x01\x00\x02\x02\x46")
    await asyncio.sleep(3600)


async def hangs_up(reader: StreamReader, writer: StreamWriter) -> None:
    """Closes in the handshake."""
    await reader.read(4096)
    writer.close()
