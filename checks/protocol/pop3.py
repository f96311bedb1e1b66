"""Asks whether a POP3 service greets, lists capabilities and offers TLS that clients accept.

RFC 1939 (POP3), 2449 (CAPA, response codes), 2595 (STLS), 8314 (implicit TLS). Nobody logs in.
"""

from __future__ import annotations

import re

from msgspec import Struct

from checks.model import Result, State, System, Target
from checks.protocol import _tls
from checks.protocol._dialogue import Broken, Dialogue, How
from checks.protocol._judged import Judged
from checks.protocol._session import Session
from checks.protocol._stopped import findings
from checks.text import visible

FINDINGS = findings("pop3", "greeting", "capa", "starttls") | {
    "pop3.greeting.refused": "the server greets with -ERR: it takes nobody now",
}

_STATUS = re.compile(rb"(\+OK|-ERR)(?: (.*))?", re.DOTALL)


class Options(_tls.TlsOptions, frozen=True, kw_only=True):
    """``[check.pop3]``."""


class NotAStatus(ValueError):
    """This line is no POP3 status. The text says why."""


class Status(Struct, frozen=True):
    """The first line of an answer: ``+OK`` or ``-ERR``, and its text."""

    is_ok: bool
    text: str


class Talk(Struct):
    """The answers, as far as the talk got. Without CAPA `capabilities` is empty."""

    greeting: Status | None = None
    capabilities: frozenset[str] | None = None
    starttls: Status | None = None
    is_secure: bool = False


def targets(system: System) -> list[Target]:
    """Every POP3 service of the system."""
    return system.services("pop3", "pop3s")


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Greet and say goodbye, with TLS between where it is offered."""
    session = Session("pop3", target, options)
    seen = Talk()
    await session.run(lambda: _talk(session, seen), deadline=deadline)
    seen.is_secure = session.certificate is not None
    heard = seen.greeting.text if seen.greeting else ""
    return session.result(heard, judge(seen) + session.judged())


def parse_status(line: bytes) -> Status:
    """The first line of an answer, without its end. Raises NotAStatus.

    >>> parse_status(b"-ERR [SYS/TEMP] try later")
    Status(is_ok=False, text='[SYS/TEMP] try later')
    """
    match = _STATUS.fullmatch(line)
    if not match:
        raise NotAStatus(f"answered {visible(line, 100)!r}")
    return Status(match[1] == b"+OK", visible(match[2] or b""))


async def _talk(session: Session, seen: Talk) -> None:
    await enter(session, seen)
    if seen.greeting is not None and seen.greeting.is_ok:
        session.leave("QUIT")


async def enter(session: Session, seen: Talk) -> None:
    """Wait for the greeting, ask for the capabilities, and go on under TLS where it is offered.

    Raises Broken, and what `start_tls` raises.
    """
    after = "connect" if session.certificate is None else "the TLS handshake"
    with session.step("greeting", after=after):
        seen.greeting = await _status(session.dialogue)
    if not seen.greeting.is_ok:
        return
    seen.capabilities = await _capabilities(session)
    if session.certificate is None and "STLS" in seen.capabilities:
        with session.step("starttls", after="STLS"):
            seen.starttls = await _ask(session.dialogue, "STLS")
        if seen.starttls.is_ok:
            await session.start_tls()
            seen.capabilities = await _capabilities(session)


async def _capabilities(session: Session) -> frozenset[str]:
    """What CAPA lists; a server that is older than CAPA refuses it, and lists nothing."""
    dialogue = session.dialogue
    found = []
    with session.step("capa", after="CAPA"):
        answer = await _ask(dialogue, "CAPA")
        while answer.is_ok and (line := await dialogue.line()) != b".":
            found.append(visible(line).upper())
    return frozenset(line.split()[0] for line in found if line.strip())


async def _ask(dialogue: Dialogue, command: str) -> Status:
    if dialogue.has_more:
        raise Broken(How.EARLY)
    dialogue.send(command)
    return await _status(dialogue)


async def _status(dialogue: Dialogue) -> Status:
    try:
        return parse_status(await dialogue.line())
    except NotAStatus as error:
        raise Broken(How.MALFORMED, str(error)) from error


def judge(seen: Talk) -> list[Judged]:
    """What the answers mean."""
    judged = []
    if seen.greeting is not None and not seen.greeting.is_ok:
        text = f"greets with -ERR {seen.greeting.text[:200]}"
        judged.append(Judged(State.CRITICAL, "pop3.greeting.refused", text))
    if seen.starttls is not None and not seen.starttls.is_ok:
        text = f"STLS refused: -ERR {seen.starttls.text[:200]}"
        judged.append(Judged(State.CRITICAL, "pop3.starttls.refused", text))
    if seen.capabilities is not None and not seen.is_secure and "STLS" not in seen.capabilities:
        text = "STLS is not offered: passwords would cross the network in clear"
        judged.append(Judged(State.WARNING, "pop3.starttls.missing", text))
    return judged
