"""The lab's own CA: a root that clients trust, an intermediate, and a certificate for each host.

Beside ``cert.pem`` each host has the certificates that faults put in its place: ``expired.pem``,
``wrong-name.pem``, ``leaf-only.pem``, ``days-40.pem``, ``days-5.pem``, all for the same key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from checks.model import now

DAY = timedelta(days=1)
LIFE = 90 * DAY
AGES = {"expired": LIFE + DAY / 24, "days-40": LIFE - 40 * DAY, "days-5": LIFE - 5 * DAY}
"""How long ago such a certificate was issued."""


@dataclass(frozen=True)
class Signer:
    """Somebody who signs: a key, and the certificate that says who that is."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


class Authority:
    """The root and the intermediate, drawn anew for each lab."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        self.root = Signer(key, _certificate("Lab root CA", key, None, is_ca=True))
        key = ec.generate_private_key(ec.SECP256R1())
        middle = _certificate("Lab issuing CA", key, self.root, is_ca=True)
        self.intermediate = Signer(key, middle)

    def issue(self, folder: Path, *names: str) -> None:
        """Write the key, the CA and all certificates for a host of these names."""
        folder.mkdir(parents=True)
        key = ec.generate_private_key(ec.SECP256R1())
        pem, none = serialization.Encoding.PEM, serialization.NoEncryption()
        (folder / "key.pem").write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, none)
        )
        (folder / "key.pem").chmod(0o640)
        _write(folder / "ca.pem", self.root.certificate)
        leaf = self._leaf(key, names)
        for name in ("cert", "good"):
            _write(folder / f"{name}.pem", leaf, self.intermediate.certificate)
        _write(folder / "leaf-only.pem", leaf)
        for name, age in AGES.items():
            aged = self._leaf(key, names, age)
            _write(folder / f"{name}.pem", aged, self.intermediate.certificate)
        wrong = self._leaf(key, ["old-mail.lab.test"])
        _write(folder / "wrong-name.pem", wrong, self.intermediate.certificate)

    def _leaf(
        self, key: ec.EllipticCurvePrivateKey, names: Sequence[str], age: timedelta = timedelta()
    ) -> x509.Certificate:
        return _certificate(names[0], key, self.intermediate, names=names, age=age)


def _write(path: Path, *chain: x509.Certificate) -> None:
    pem = serialization.Encoding.PEM
    path.write_bytes(b"".join(certificate.public_bytes(pem) for certificate in chain))


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: Signer | None,
    *,
    names: Sequence[str] = (),
    age: timedelta = timedelta(),
    is_ca: bool = False,
) -> x509.Certificate:
    """A certificate for `key`; without an issuer it signs itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer.key if issuer else key
    # Old enough for a host whose clock is behind by a day.
    begin = now() - age - DAY
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + DAY + LIFE)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(_usage(is_ca=is_ca), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if names:
        alternative = x509.SubjectAlternativeName([x509.DNSName(one) for one in names])
        builder = builder.add_extension(alternative, critical=False)
    return builder.sign(signer, hashes.SHA256())


def _usage(*, is_ca: bool) -> x509.KeyUsage:
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
