"""As much of ManageSieve as leads to TLS (RFC 5804 1.7, 2.2): the capabilities, and STARTTLS."""

from __future__ import annotations

import re

from checks.protocol._dialogue import Broken, Dialogue, How
from checks.protocol._session import Session
from checks.text import visible

_CAPABILITY = re.compile(rb'"([^"]{1,100})"( .*)?')
_END = re.compile(rb"(OK|NO|BYE)\b", re.IGNORECASE)


async def enter(session: Session) -> frozenset[str]:
    """Wait for the capabilities, and go on under TLS where it is offered; they are answered.

    Raises Broken, and what `start_tls` raises.
    """
    dialogue = session.dialogue
    with session.step("greeting", after="connect"):
        capabilities = await _capabilities(dialogue)
    if "STARTTLS" in capabilities:
        with session.step("starttls", after="STARTTLS"):
            dialogue.send("STARTTLS")
            answer = await dialogue.line()
        if answer.upper().startswith(b"OK"):
            await session.start_tls()
    return capabilities


async def _capabilities(dialogue: Dialogue) -> frozenset[str]:
    found = []
    while not (end := _END.match(line := await dialogue.line())):
        found.append(parse_capability(line))
    return frozenset(found) if end[1].upper() == b"OK" else frozenset()


def parse_capability(line: bytes) -> str:
    """The name of a capability. Raises Broken.

    >>> parse_capability(b'"SASL" "PLAIN LOGIN"')
    'SASL'
    """
    match = _CAPABILITY.fullmatch(line)
    if match is None:
        raise Broken(How.MALFORMED, f"answered {visible(line, 100)!r}")
    return visible(match[1]).upper()
