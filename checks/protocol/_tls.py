"""Certificates as mail clients see them: always verified, never taken on trust.

Verification is OpenSSL's (X509_verify_cert_error_string(3)), names by RFC 6125.
"""

from __future__ import annotations

import hashlib
import ssl
import time
from typing import Any

from msgspec import Struct

from checks.model import CheckOptions, State
from checks.protocol._judged import Judged
from checks.text import visible

FINDINGS = {
    "tls.expired": "the certificate has expired",
    "tls.not-yet-valid": "the certificate is not valid yet, or a clock is wrong",
    "tls.wrong-name": "the certificate is for another name",
    "tls.unknown-ca": "the certificate's issuer is not trusted, or an intermediate is missing",
    "tls.self-signed": "the certificate is signed by itself alone",
    "tls.weak": "the certificate's key or hash is too weak to be accepted",
    "tls.unverified": "the certificate was refused for another reason",
    "tls.expiring": "the certificate ends soon",
    "tls.expires-soon": "the certificate ends within days",
    "tls.too-old": "no TLS version in common: the server's are too old",
    "tls.too-large": "the server's certificates are larger than anybody takes",
    "tls.plaintext": "the server speaks plain text where TLS is expected",
    "tls.timeout": "the TLS handshake did not end",
    "tls.closed": "the connection ended in the TLS handshake",
    "tls.handshake-failed": "the TLS handshake failed for another reason",
    "tls.ca-file": "our own CA file can't be used, so nothing was verified",
}

DISTRUST = frozenset(
    "tls." + code
    for code in (
        *("expired", "not-yet-valid", "wrong-name", "unknown-ca", "self-signed"),
        *("weak", "unverified", "expiring", "expires-soon"),
    )
)
"""Findings about the certificate alone, which a sender to port 25 does not mind (RFC 7435)."""

# X509_V_ERR_… of x509_vfy.h
_VERIFY_CODES = {
    9: "tls.not-yet-valid",
    10: "tls.expired",
    18: "tls.self-signed",
    19: "tls.unknown-ca",
    20: "tls.unknown-ca",
    21: "tls.unknown-ca",
    62: "tls.wrong-name",
    64: "tls.wrong-name",
    66: "tls.weak",
    67: "tls.weak",
    68: "tls.weak",
}

_REASONS = {
    "WRONG_VERSION_NUMBER": "tls.plaintext",
    "UNSUPPORTED_PROTOCOL": "tls.too-old",
    "TLSV1_ALERT_PROTOCOL_VERSION": "tls.too-old",
    "DH_KEY_TOO_SMALL": "tls.weak",
    "EXCESSIVE_MESSAGE_SIZE": "tls.too-large",
}


class TlsOptions(CheckOptions, frozen=True, kw_only=True):
    """Days before its certificate's end at which a service gets a WARNING, and a CRITICAL."""

    interval: float = 3.0
    tls_warn_days: float = 21.0
    tls_critical_days: float = 7.0


class Certificate(Struct, frozen=True):
    """A verified certificate and the connection that it secures."""

    subject: str
    issuer: str
    until: str
    days_left: float
    version: str
    cipher: str

    @property
    def evidence(self) -> str:
        """One line on it."""
        return (
            f"{self.version} {self.cipher}; certificate for {self.subject}, issued by "
            f"{self.issuer}, until {self.until}"
        )


def read_certificate(session: ssl.SSLObject) -> Certificate:
    """The certificate of a session that was verified."""
    told = _told(session)
    cipher = session.cipher()
    return Certificate(
        subject=told.subject,
        issuer=told.issuer,
        until=told.until,
        days_left=(told.ends - time.time()) / 86400,
        version=session.version() or "",
        cipher=cipher[0] if cipher else "",
    )


class _Told(Struct, frozen=True):
    """What a certificate says; `ends` in seconds since the epoch."""

    subject: str
    issuer: str
    until: str
    ends: float


TOLD_LIMIT = 500
"""Certificates whose content is kept: more than a site has, and an end to what may be shown us."""

_known: dict[bytes, _Told] = {}


def _told(session: ssl.SSLObject) -> _Told:
    """The same bytes say the same: taking them apart is a tenth of a probe's CPU."""
    digest = hashlib.sha256(session.getpeercert(binary_form=True) or b"").digest()
    if digest not in _known:
        if len(_known) >= TOLD_LIMIT:
            _known.clear()
        _known[digest] = _tell(session.getpeercert() or {})
    return _known[digest]


def _tell(found: dict[str, Any]) -> _Told:
    ends = found.get("notAfter", "")
    names = [name for _, name in found.get("subjectAltName", ())[:3]]
    return _Told(
        subject=visible(", ".join(names) or _name(found.get("subject", ()))),
        issuer=visible(_name(found.get("issuer", ()))),
        until=visible(ends),
        ends=ssl.cert_time_to_seconds(ends),
    )


def _name(parts: tuple[tuple[tuple[str, str], ...], ...]) -> str:
    """The part of a distinguished name that people call it by."""
    known = {key: value for part in parts for key, value in part}
    return known.get("commonName") or known.get("organizationName") or "nobody"


def judge_certificate(certificate: Certificate, options: TlsOptions) -> list[Judged]:
    """What the days that are left mean."""
    days = certificate.days_left
    text = f"certificate expires in {days:.0f} days, on {certificate.until}"
    if days < options.tls_critical_days:
        return [Judged(State.CRITICAL, "tls.expires-soon", text)]
    if days < options.tls_warn_days:
        return [Judged(State.WARNING, "tls.expiring", text)]
    return []


def judge_error(error: Exception) -> Judged:
    """What a handshake that failed means."""
    if isinstance(error, ssl.SSLCertVerificationError):
        code = _VERIFY_CODES.get(error.verify_code, "tls.unverified")
        return Judged(State.CRITICAL, code, f"certificate refused: {visible(error.verify_message)}")
    if isinstance(error, ConnectionError | ssl.SSLZeroReturnError):
        return Judged(State.CRITICAL, "tls.closed", FINDINGS["tls.closed"])
    if isinstance(error, ssl.SSLError):
        reason = error.reason or ""
        code = _REASONS.get(reason, "tls.handshake-failed")
        said = visible(reason.lower().replace("_", " ")) or "no reason given"
        return Judged(State.CRITICAL, code, f"TLS handshake failed: {FINDINGS[code]} ({said})")
    if isinstance(error, TimeoutError):
        return Judged(State.CRITICAL, "tls.timeout", FINDINGS["tls.timeout"])
    return Judged(
        State.CRITICAL, "tls.handshake-failed", f"TLS handshake failed: {visible(str(error))}"
    )
