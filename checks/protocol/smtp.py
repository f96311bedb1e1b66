"""Asks whether an SMTP service greets, answers EHLO, and offers TLS that its clients accept.

RFC 5321 (SMTP), 3207 (STARTTLS), 6409 (submission), 8314 (implicit TLS). To port 25 any
certificate will do, because senders there take what they get (RFC 7435); the clients of
submission and smtps go away.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from checks.model import Result, State, System, Target
from checks.protocol import _tls
from checks.protocol._dialogue import Broken, Dialogue, How
from checks.protocol._judged import Judged
from checks.protocol._reply import NotAReply, Reply, is_continued, parse_reply
from checks.protocol._session import Session
from checks.protocol._stopped import findings

FINDINGS = findings("smtp", "banner", "ehlo", "starttls") | {
    "smtp.banner.temporary": "the server greets with a refusal for now (4yz)",
    "smtp.banner.rejected": "the server greets with a refusal (5yz)",
    "smtp.ehlo.temporary": "EHLO is refused for now (4yz)",
    "smtp.ehlo.rejected": "both EHLO and HELO are refused (5yz)",
    "smtp.ehlo.helo-only": "EHLO is refused, HELO is accepted: no extension, no STARTTLS",
}


class Options(_tls.TlsOptions, frozen=True, kw_only=True):
    """``[check.smtp]``."""


class Talk(Struct):
    """The answers, as far as the talk got."""

    banner: Reply | None = None
    ehlo: Reply | None = None
    helo: Reply | None = None
    starttls: Reply | None = None


def targets(system: System) -> list[Target]:
    """Every SMTP service of the system."""
    return system.services("smtp", "submission", "smtps")


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Greet and say goodbye, with TLS between where it is offered."""
    session = Session("smtp", target, options)
    seen = Talk()
    await session.run(lambda: _talk(session, seen), deadline=deadline)
    judged = judge(seen, target.about) + session.judged()
    heard = seen.banner.lines[0] if seen.banner else ""
    said = session.dialogue.transcript() if judged else ()
    return session.result(heard, [weigh(one, target.about, said) for one in judged])


async def _talk(session: Session, seen: Talk) -> None:
    await greet(session, seen)
    await secure(session, seen)
    if seen.ehlo is not None:
        session.leave("QUIT")


async def greet(session: Session, seen: Talk) -> None:
    """Wait for the banner, and introduce ourselves when it is a welcome. Raises Broken."""
    after = "connect" if session.certificate is None else "the TLS handshake"
    with session.step("banner", after=after):
        seen.banner = await reply(session.dialogue)
    if seen.banner.code == 220:
        await _introduce(session, seen)


async def secure(session: Session, seen: Talk) -> None:
    """Go on under TLS where that is offered. Raises Broken, and what `start_tls` raises."""
    if session.certificate is None and seen.ehlo and "STARTTLS" in seen.ehlo.keywords:
        with session.step("starttls", after="STARTTLS"):
            seen.starttls = await ask(session.dialogue, "STARTTLS")
        if seen.starttls.code == 220:
            await session.start_tls()
            await _introduce(session, seen)


async def _introduce(session: Session, seen: Talk) -> None:
    with session.step("ehlo", after="EHLO"):
        seen.ehlo = await ask(session.dialogue, f"EHLO {OUR_NAME}")
        if seen.ehlo.code // 100 == 5:
            seen.helo = await ask(session.dialogue, f"HELO {OUR_NAME}")


async def ask(dialogue: Dialogue, command: str, *, shown: str = "") -> Reply:
    """The reply to one command; `shown` is as in `Dialogue.send`. Raises Broken."""
    if dialogue.has_more:
        raise Broken(How.EARLY)
    dialogue.send(command, shown=shown)
    return await reply(dialogue)


async def reply(dialogue: Dialogue) -> Reply:
    """The next reply. Raises Broken."""
    lines = [await dialogue.line()]
    while is_continued(lines[-1]) and lines[-1][:3] == lines[0][:3]:
        lines.append(await dialogue.line())
    try:
        return parse_reply(lines)
    except NotAReply as error:
        raise Broken(How.MALFORMED, str(error)) from error


def _our_name(nodename: str) -> str:
    """How we introduce ourselves: this machine's name without asking DNS for a longer one."""
    if len(nodename) <= 255 and re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", nodename):
        return nodename
    return "[127.0.0.1]"


OUR_NAME = _our_name(os.uname().nodename)


def judge(seen: Talk, service: str) -> list[Judged]:
    """What the answers mean for `service`."""
    judged = []
    if seen.banner is not None:
        judged += _judge_banner(seen.banner)
    if seen.ehlo is not None:
        judged += _judge_ehlo(seen.ehlo, seen.helo)
    if seen.starttls is not None and seen.starttls.code != 220:
        # A sender to port 25 delivers in clear then; a client of submission does not.
        state = State.WARNING if service == "smtp" else State.CRITICAL
        judged.append(Judged(state, "smtp.starttls.refused", f"STARTTLS refused: {seen.starttls}"))
    ehlo = seen.ehlo if seen.ehlo and seen.ehlo.is_positive else None
    if service == "submission" and ehlo and not seen.starttls and "STARTTLS" not in ehlo.keywords:
        text = "STARTTLS is not offered: passwords would cross the network in clear"
        judged.append(Judged(State.WARNING, "smtp.starttls.missing", text))
    return judged


def weigh(one: Judged, service: str, transcript: Sequence[str]) -> Judged:
    """`one`, as much as it matters to this service's clients."""
    if service == "smtp" and one.code in _tls.DISTRUST:
        return replace(one, state=State.WARNING)
    if one.code == "smtp.banner.unfinished" and transcript[0].startswith("S: 220-"):
        # postscreen(8) makes strangers wait 6 s behind the first line of its greeting.
        text = f"{one.text}: postscreen's pause for strangers? If so, allow this client there"
        return replace(one, state=State.WARNING, text=text)
    return one


def _judge_banner(banner: Reply) -> list[Judged]:
    if banner.code == 220:
        return []
    if banner.is_temporary:
        return [Judged(State.CRITICAL, "smtp.banner.temporary", f"greets with {banner}")]
    if banner.code // 100 == 5:
        return [Judged(State.CRITICAL, "smtp.banner.rejected", f"greets with {banner}")]
    return [Judged(State.CRITICAL, "smtp.banner.not-smtp", f"greets with {banner}, not with 220")]


def _judge_ehlo(ehlo: Reply, helo: Reply | None) -> list[Judged]:
    if ehlo.is_positive:
        return []
    if ehlo.is_temporary:
        return [Judged(State.CRITICAL, "smtp.ehlo.temporary", f"EHLO refused: {ehlo}")]
    if helo is not None and helo.is_positive:
        return [Judged(State.WARNING, "smtp.ehlo.helo-only", f"speaks only HELO; to EHLO: {ehlo}")]
    if helo is not None:
        return [Judged(State.CRITICAL, "smtp.ehlo.rejected", f"EHLO and HELO refused: {helo}")]
    if ehlo.code // 100 == 3:
        return [Judged(State.CRITICAL, "smtp.ehlo.malformed", f"answers EHLO with {ehlo}")]
    return []
