"""What stopped a talk, named and worded once for smtp, imap and pop3."""

from __future__ import annotations

from msgspec import Struct

from checks import connect
from checks.model import State
from checks.protocol import _tls
from checks.protocol._dialogue import Broken, How
from checks.protocol._judged import Judged
from checks.text import visible

_MEANINGS = {
    How.TIMEOUT: "nothing at all came",
    How.TRICKLE: "bytes came, but not even one line",
    How.UNFINISHED: "an answer began and did not end",
    How.ENDLESS: "a line or an answer without end came",
    How.CLOSED: "the connection was closed",
    How.RESET: "the connection was reset",
    How.MALFORMED: "what came is not this protocol",
}

GREETINGS = frozenset({"banner", "greeting"})
"""Steps that wait for the server to speak first."""


def findings(kind: str, *steps: str) -> dict[str, str]:
    """What every check of this room can answer; `steps` are the answers that it waits for."""
    return (
        connect.findings(kind)
        | unanswered(kind, *steps)
        | {
            f"{kind}.{How.EARLY}": "the server talks before it is asked",
            f"{kind}.starttls.{How.INJECTED}": "plain text was slipped in before TLS",
            f"{kind}.starttls.missing": "STARTTLS is not offered",
            f"{kind}.starttls.refused": "STARTTLS is offered, and refused when asked for",
        }
        | _tls.FINDINGS
    )


def unanswered(kind: str, *steps: str) -> dict[str, str]:
    """What can be found of each step whose answer does not come."""
    return {
        code(kind, step, how): f"{step}: {_MEANINGS[how]}" for step in steps for how in _MEANINGS
    }


def code(kind: str, step: str, how: How) -> str:
    """The finding for `how` in `step`; who greets in another language is ``not-smtp``."""
    if how is How.MALFORMED and step in GREETINGS:
        return f"{kind}.{step}.not-{kind}"
    return f"{kind}.{step}.{how}"


class Refused(Exception):
    """The talk ends here, because of what was answered. `judged` is what that means."""

    def __init__(self, judged: Judged) -> None:
        super().__init__(judged.text)
        self.judged = judged


class Wait(Struct, frozen=True):
    """What was measured of the answer that did not come: its step, what it came after, how long."""

    step: str
    after: str
    seconds: float
    bytes_in: int


def judge_unreached(kind: str, phase: str, error: Exception) -> Judged:
    """Why there was no connection."""
    if isinstance(error, connect.NotConnected):
        return Judged(error.state, f"{kind}.{error.code}", str(error), error.note)
    if phase == "ca-file":
        return Judged(State.UNKNOWN, "tls.ca-file", str(error) or "loading the CAs takes too long")
    if isinstance(error, TimeoutError) and phase == "resolve":
        return Judged(State.UNKNOWN, f"{kind}.resolver-failed", "the resolver does not answer")
    if isinstance(error, TimeoutError):
        text = "connection timed out"
        return Judged(State.CRITICAL, f"{kind}.connect.timeout", text, connect.SILENCE)
    return Judged(State.UNKNOWN, f"{kind}.connect.failed", visible(str(error), 200))


def judge_broken(kind: str, broken: Broken, wait: Wait) -> Judged:
    """What the peer did instead of answering, in words."""
    how = broken.how
    if how is How.EARLY:
        return Judged(
            State.CRITICAL, f"{kind}.{how}", f"talks before it is asked, after {wait.after}"
        )
    if how is How.INJECTED:
        text = "plain text slipped in behind the answer to STARTTLS"
        return Judged(State.CRITICAL, f"{kind}.starttls.{how}", text)
    words = {
        How.TIMEOUT: f"nothing after {wait.after} for {wait.seconds:.1f} s",
        How.TRICKLE: f"only {wait.bytes_in} bytes and no line after {wait.after}"
        f" in {wait.seconds:.1f} s",
        How.UNFINISHED: f"answer after {wait.after} not ended in {wait.seconds:.1f} s",
        How.ENDLESS: f"never stops talking after {wait.after}: stopped at {wait.bytes_in} bytes",
        How.CLOSED: f"closed the connection after {wait.after}, {wait.bytes_in} bytes said",
        How.RESET: f"reset the connection after {wait.after}, {wait.bytes_in} bytes said",
        How.MALFORMED: f"does not speak {kind.upper()}, after {wait.after}: {broken}",
    }
    return Judged(State.CRITICAL, code(kind, wait.step, how), words[how])
