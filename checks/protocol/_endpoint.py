"""Looks at the TLS of one service: whether it is offered, by which version, with what certificates.

Verified as a client does; where that is refused, once more with a handshake that takes anything,
to see what is there. Nothing is said in either but greetings.
"""

from __future__ import annotations

import re

from msgspec import Struct

from checks.model import State, Target
from checks.protocol import _sieve, _tls, imap, pop3, smtp
from checks.protocol._chain import chain_of, judge_refused
from checks.protocol._der import Link
from checks.protocol._judged import Judged
from checks.protocol._session import IMPLICIT_TLS, Session

PROTOCOLS = {
    **dict.fromkeys(("smtp", "submission", "smtps"), "smtp"),
    **dict.fromkeys(("imap", "imaps"), "imap"),
    **dict.fromkeys(("pop3", "pop3s"), "pop3"),
    "sieve": "sieve",
}
"""The services that TLS is looked at of, and the protocol that each speaks."""

SHARE = 0.5
"""Part of the deadline for each of two looks."""

AGAIN = _tls.DISTRUST | {"tls.too-old", "tls.closed", "tls.handshake-failed"}
"""Ends of a verified handshake that another may tell more of."""

TOO_OLD = ("SSLv3", "TLSv1", "TLSv1.1")
"""Versions that no client of today speaks (RFC 8996)."""

_MASKED = re.compile(r"X{4,}[A-Z]?")
"""What Cisco's inspection of SMTP writes over an EHLO keyword that it takes away."""


class Endpoint(Struct, kw_only=True):
    """What was seen of one service.

    `is_offered` is whether TLS is; None where that is not known. `is_masked`: something between has
    written over what is offered. `refused` is why a client refuses the certificate or version.
    """

    port: int
    service: str
    is_offered: bool | None = None
    is_masked: bool = False
    version: str = ""
    cipher: str = ""
    bits: int = 0
    chain: tuple[Link, ...] = ()
    refused: Judged | None = None
    stopped: Judged | None = None

    def __str__(self) -> str:
        if self.version:
            names = " < ".join(link.subject for link in self.chain)
            end = min((f"{link.until:%Y-%m-%d}" for link in self.chain), default="?")
            return f"port {self.port}: {self.version} {self.cipher}; {names}; until {end}"
        if self.stopped is not None:
            return f"port {self.port}: {self.stopped.text}"
        return f"port {self.port}: no TLS is offered"


async def look(target: Target, *, deadline: float) -> Endpoint:
    """Look at one service; never raises, and ends by the deadline."""
    seen = Endpoint(port=target.port, service=target.about)
    session = await _handshake(target, seen, deadline * SHARE, trusting=False)
    stopped = session.stopped
    if stopped is not None and stopped.code in AGAIN:
        await _handshake(target, seen, deadline * SHARE, trusting=True)
        seen.refused = _why_refused(stopped, seen)
    if stopped is not None and not seen.version:
        seen.stopped = stopped
    return seen


def _why_refused(stopped: Judged, seen: Endpoint) -> Judged:
    """Why clients refuse it, by what a handshake that takes anything has seen."""
    if seen.version in TOO_OLD:
        text = f"{seen.version} is the newest TLS that is spoken: clients refuse it"
        return Judged(State.CRITICAL, "tls.too-old", text)
    return judge_refused(stopped, seen.chain)


async def _handshake(target: Target, seen: Endpoint, deadline: float, *, trusting: bool) -> Session:
    session = Session(PROTOCOLS[target.about], target, _tls.TlsOptions(), trusting=trusting)
    await session.run(lambda: _talk(session, seen), deadline=deadline)
    if session.handshake is not None:
        cipher = session.handshake.cipher()
        seen.is_offered = True
        seen.version = session.handshake.version() or ""
        seen.cipher, seen.bits = (cipher[0], cipher[2]) if cipher else ("", 0)
        seen.chain = chain_of(session.handshake)
    return session


async def _talk(session: Session, seen: Endpoint) -> None:
    """What leads to the handshake; where the service begins with it, nothing."""
    if session.target.about in IMPLICIT_TLS:
        return
    match session.kind:
        case "smtp":
            await _talk_smtp(session, seen)
        case "imap":
            await _talk_imap(session, seen)
        case "pop3":
            await _talk_pop3(session, seen)
        case "sieve":
            seen.is_offered = "STARTTLS" in await _sieve.enter(session)
            session.leave("LOGOUT")


async def _talk_smtp(session: Session, seen: Endpoint) -> None:
    said = smtp.Talk()
    await smtp.greet(session, said)
    if said.ehlo is not None and said.ehlo.is_positive:
        seen.is_offered = "STARTTLS" in said.ehlo.keywords
        seen.is_masked = any(_MASKED.fullmatch(word) for word in said.ehlo.keywords)
    await smtp.secure(session, said)
    session.leave("QUIT")


async def _talk_imap(session: Session, seen: Endpoint) -> None:
    said = imap.Talk()
    await imap.enter(session, said)
    if said.capabilities is not None and session.handshake is None:
        seen.is_offered = "STARTTLS" in said.capabilities
    session.leave("z LOGOUT")


async def _talk_pop3(session: Session, seen: Endpoint) -> None:
    said = pop3.Talk()
    await pop3.enter(session, said)
    if said.capabilities is not None and session.handshake is None:
        seen.is_offered = "STLS" in said.capabilities
    session.leave("QUIT")
