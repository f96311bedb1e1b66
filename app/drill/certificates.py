"""A CA of the drill's own, and two certificates of the same key: one valid, one expired."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import TYPE_CHECKING

from app.drill.layout import DOMAIN, LOOPBACK, Layout
from checks.model import now

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

LIFE = timedelta(days=90)
EXPIRED_FOR = timedelta(minutes=20)
NAMES = ("localhost", f"post.{DOMAIN}", f"store.{DOMAIN}")


def make(layout: Layout) -> None:
    """Write the CA's certificate, both server certificates and their key."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    ca_key = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    pem = serialization.Encoding.PEM
    layout.key.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    ca = _certificate("mailmedic drill CA", ca_key, ca_key, timedelta())
    layout.ca.write_bytes(ca.public_bytes(pem))
    for path, age in ((layout.valid, timedelta()), (layout.expired, LIFE + EXPIRED_FOR)):
        certificate = _certificate(DOMAIN, key, ca_key, age, issuer=ca.subject)
        path.write_bytes(certificate.public_bytes(pem))


def _certificate(
    name: str,
    key: EllipticCurvePrivateKey,
    ca_key: EllipticCurvePrivateKey,
    age: timedelta,
    *,
    issuer: x509.Name | None = None,
) -> x509.Certificate:
    """A certificate for `key`, issued `age` ago; without an issuer the CA's own.

    Carries what RFC 5280 asks for, since Python 3.13 verifies strictly.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    is_ca = issuer is None
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = now() - age - timedelta(minutes=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + LIFE + timedelta(minutes=1))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(_usage(is_ca=is_ca), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
    )
    if not is_ca:
        names = [*map(x509.DNSName, NAMES), x509.IPAddress(ipaddress.ip_address(LOOPBACK))]
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(usage, critical=False)
    return builder.sign(ca_key, hashes.SHA256())


def _usage(*, is_ca: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not is_ca,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
