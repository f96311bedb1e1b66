"""Asks whether an IMAP service greets, lists capabilities and offers TLS that clients accept.

RFC 3501 and 9051 (IMAP), 2595 (STARTTLS), 8314 (implicit TLS). Nobody logs in.
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

FINDINGS = findings("imap", "greeting", "capability", "starttls") | {
    "imap.greeting.bye": "the server greets with BYE: it takes nobody now",
    "imap.greeting.preauth": "the server lets everybody in without a login (and without STARTTLS)",
    "imap.capability.refused": "CAPABILITY is refused",
    "imap.bye": "the server says BYE in the middle of the talk",
    "imap.login-disabled": "logins are disabled, and no TLS is offered that would allow them",
}

_LINE = re.compile(rb"(\*|\+|[A-Za-z0-9]+) ([A-Za-z0-9]+)(?: (.*))?", re.DOTALL)
_CODE = re.compile(r"^\[[^]]*\] *")
_LITERAL = re.compile(rb"\{(\d+)\+?\}$")


class Options(_tls.TlsOptions, frozen=True, kw_only=True):
    """``[check.imap]``."""


class NotAResponse(ValueError):
    """This line is no IMAP response. The text says why."""


class Response(Struct, frozen=True):
    """One response line; `tag` is ``*`` for an untagged one, `word` its first word in capitals."""

    tag: str
    word: str
    text: str


class Talk(Struct):
    """The answers, as far as the talk got."""

    greeting: Response | None = None
    capabilities: frozenset[str] | None = None
    refused: Response | None = None
    starttls: Response | None = None
    bye: Response | None = None
    is_secure: bool = False


def targets(system: System) -> list[Target]:
    """Every IMAP service of the system."""
    return system.services("imap", "imaps")


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Greet and say goodbye, with TLS between where it is offered."""
    session = Session("imap", target, options)
    seen = Talk()
    await session.run(lambda: _talk(session, seen), deadline=deadline)
    seen.is_secure = session.certificate is not None
    heard = _CODE.sub("", seen.greeting.text) if seen.greeting else ""
    return session.result(heard, judge(seen) + session.judged())


def parse_response(line: bytes) -> Response:
    """One response line without its end. Raises NotAResponse.

    >>> parse_response(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] Dovecot ready.")
    Response(tag='*', word='OK', text='[CAPABILITY IMAP4rev1 STARTTLS] Dovecot ready.')
    """
    literal = _LITERAL.search(line)
    if literal:
        size = visible(literal[1], 20)
        raise NotAResponse(f"announces a literal of {size} bytes where there can be none")
    match = _LINE.fullmatch(line)
    if not match:
        raise NotAResponse(f"answered {visible(line, 100)!r}")
    return Response(match[1].decode(), match[2].decode().upper(), visible(match[3] or b"", 4000))


async def _talk(session: Session, seen: Talk) -> None:
    await enter(session, seen)
    if seen.greeting is not None and seen.greeting.word != "BYE":
        session.leave("z LOGOUT")


async def enter(session: Session, seen: Talk) -> None:
    """Wait for the greeting, ask for the capabilities, and go on under TLS where it is offered.

    Raises Broken, and what `start_tls` raises.
    """
    after = "connect" if session.certificate is None else "the TLS handshake"
    with session.step("greeting", after=after):
        seen.greeting = await _response(session.dialogue)
        if seen.greeting.tag != "*" or seen.greeting.word not in {"OK", "BYE", "PREAUTH"}:
            raise Broken(How.MALFORMED, f"greets with {seen.greeting.word} {seen.greeting.text}")
    if seen.greeting.word == "BYE":
        return
    await _capability(session, seen)
    can_start = seen.greeting.word == "OK" and session.certificate is None
    if can_start and "STARTTLS" in (seen.capabilities or ()):
        with session.step("starttls", after="STARTTLS"):
            seen.starttls = await _ask(session.dialogue, "b", "STARTTLS", seen)
        if seen.starttls.word == "OK":
            await session.start_tls()
            await _capability(session, seen)


async def _capability(session: Session, seen: Talk) -> None:
    with session.step("capability", after="CAPABILITY"):
        said = await _ask(session.dialogue, "a", "CAPABILITY", seen)
    if said.word != "OK":
        seen.refused = said


async def _ask(dialogue: Dialogue, tag: str, command: str, seen: Talk) -> Response:
    """What the server answers to `command`. Raises Broken."""
    dialogue.send(f"{tag} {command}")
    return await answer(dialogue, tag, seen)


async def answer(dialogue: Dialogue, tag: str, seen: Talk) -> Response:
    """The tagged answer; the untagged ones before it go into `seen`. Raises Broken."""
    capabilities = None
    while (one := await _response(dialogue)).tag == "*":
        if one.word == "CAPABILITY":
            capabilities = frozenset(one.text.upper().split())
        elif one.word == "BYE":
            seen.bye = one
    if one.tag != tag or one.word not in {"OK", "NO", "BAD"}:
        raise Broken(How.MALFORMED, f"answers with {one.tag} {one.word} {one.text}"[:200])
    seen.capabilities = capabilities or seen.capabilities
    return one


async def _response(dialogue: Dialogue) -> Response:
    try:
        return parse_response(await dialogue.line())
    except NotAResponse as error:
        raise Broken(How.MALFORMED, str(error)) from error


def judge(seen: Talk) -> list[Judged]:
    """What the answers mean."""
    judged = []
    if seen.greeting is not None:
        judged += _judge_greeting(seen.greeting)
    if seen.bye is not None:
        judged.append(Judged(State.CRITICAL, "imap.bye", f"says BYE: {seen.bye.text[:200]}"))
    if seen.refused is not None:
        text = f"CAPABILITY refused: {seen.refused.word} {seen.refused.text[:200]}"
        judged.append(Judged(State.CRITICAL, "imap.capability.refused", text))
    if seen.starttls is not None and seen.starttls.word != "OK":
        text = f"STARTTLS refused: {seen.starttls.word} {seen.starttls.text[:200]}"
        judged.append(Judged(State.CRITICAL, "imap.starttls.refused", text))
    return judged + _judge_capabilities(seen)


def _judge_greeting(greeting: Response) -> list[Judged]:
    if greeting.word == "BYE":
        text = f"greets with BYE: {greeting.text[:200]}"
        return [Judged(State.CRITICAL, "imap.greeting.bye", text)]
    if greeting.word == "PREAUTH":
        text = "lets everybody in without a login (PREAUTH)"
        return [Judged(State.WARNING, "imap.greeting.preauth", text)]
    return []


def _judge_capabilities(seen: Talk) -> list[Judged]:
    if seen.capabilities is None or seen.is_secure or "STARTTLS" in seen.capabilities:
        return []
    if "LOGINDISABLED" in seen.capabilities:
        text = "LOGINDISABLED, and no STARTTLS to end it: nobody can log in"
        return [Judged(State.CRITICAL, "imap.login-disabled", text)]
    text = "STARTTLS is not offered: passwords would cross the network in clear"
    return [Judged(State.WARNING, "imap.starttls.missing", text)]
