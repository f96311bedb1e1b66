"""The certificates that a server sends, and what is wrong with them beside the first one's own end.

A verified handshake proves a way to a trusted CA; it does not tell what else was sent, and one that
fails does not tell whether a certificate between is missing or the CA is unknown here.
"""

from __future__ import annotations

import ssl
from datetime import datetime
from typing import Any

from checks.model import State
from checks.protocol._der import Link, parse_certificate
from checks.protocol._judged import Judged

FINDINGS = {
    "tls.missing-intermediate": "its own certificate alone is sent, and its issuer isn't trusted",
    "tls.intermediate.expired": "an intermediate certificate that is sent has expired",
    "tls.intermediate.expires-soon": "an intermediate certificate that is sent ends within days",
    "tls.intermediate.expiring": "an intermediate certificate that is sent ends soon",
}

CHAIN_LIMIT = 10
"""Certificates looked at; three or four are usual."""


def chain_of(session: ssl.SSLObject) -> tuple[Link, ...]:
    """What the peer has sent, its own certificate first; empty where nothing can be read.

    ssl hands it out since Python 3.13; before that its inner object does.
    """
    inner: Any = session
    if not hasattr(inner, "get_unverified_chain"):
        inner = inner._sslobj  # noqa: SLF001
    sent = inner.get_unverified_chain() or ()
    try:
        return tuple(parse_certificate(_der(one)) for one in sent[:CHAIN_LIMIT])
    except ValueError:
        return ()


def _der(certificate: Any) -> bytes:
    if isinstance(certificate, bytes):
        return certificate
    found: bytes = certificate.public_bytes(2)  # _ssl.ENCODING_DER
    return found


def judge_refused(refused: Judged, chain: tuple[Link, ...]) -> Judged:
    """Why a chain was refused: an issuer that is neither sent nor trusted may be a missing one."""
    if refused.code != "tls.unknown-ca" or not chain:
        return refused
    top = chain[-1]
    if len(chain) == 1 and not top.is_self_issued:
        text = (
            f"no intermediate certificate is sent: {top.issuer}, who issued the one for "
            f"{top.subject}, is neither sent nor trusted here"
        )
        return Judged(refused.state, "tls.missing-intermediate", text)
    text = f"the chain ends at {top.issuer}, who is not trusted here"
    return Judged(refused.state, refused.code, text)


def judge_chain(
    chain: tuple[Link, ...], at: datetime, *, warn_days: float, critical_days: float
) -> list[Judged]:
    """When the certificates between the server's own and the root end.

    A root is trusted because it is there, whether it is sent or not.
    """
    judged = []
    for link in chain[1:]:
        if link.is_self_issued:
            continue
        days = (link.until - at).total_seconds() / 86400
        name = f"the intermediate certificate {link.subject}"
        if days < 0:
            text = f"{name} has expired on {link.until:%Y-%m-%d}: some clients refuse it"
            judged.append(Judged(State.WARNING, "tls.intermediate.expired", text))
        elif days < critical_days:
            text = f"{name} expires in {days:.0f} days"
            judged.append(Judged(State.CRITICAL, "tls.intermediate.expires-soon", text))
        elif days < warn_days:
            text = f"{name} expires in {days:.0f} days"
            judged.append(Judged(State.WARNING, "tls.intermediate.expiring", text))
    return judged
