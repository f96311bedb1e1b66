"""Hands one message to a relay, for many recipients, and keeps apart how each of them fared.

RFC 5321 and 6409; 2920 (PIPELINING): where the relay offers it, MAIL, all RCPT and DATA cost one
round trip. The password and the text go under TLS alone; only to this machine itself in clear
(`about` of the target is ``smtp`` then). Nothing is tried twice in here: whoever does so has to
know that after the end of DATA the relay may have the message, whatever became of its answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from checks.fate import Fate
from checks.model import State, Target
from checks.protocol import smtp
from checks.protocol._dialogue import Dialogue
from checks.protocol._judged import Judged
from checks.protocol._reply import Reply
from checks.protocol._session import Session
from checks.protocol._stopped import Refused
from checks.protocol._tls import DISTRUST, TlsOptions
from checks.secret import Credentials
from checks.text import MASK

IN_CLEAR = "smtp"
"""What a target is about whose dialogue stays in clear."""

FINAL = DISTRUST | {
    *("tls.ca-file", "tls.too-old", "tls.plaintext", "smtp.banner.rejected", "smtp.ehlo.rejected"),
    *("relay.no-tls", "relay.no-auth", "relay.auth", "relay.no-utf8"),
}
"""What will be the same in a minute; and a password is not sent twice to whom it is wrong."""


GO_ON = 354
"""The reply to DATA after which the message comes (RFC 5321 4.1.1.4)."""


class Mail(Struct, frozen=True):
    """A message, its lines ended by CR LF, with the addresses of its envelope.

    With `is_utf8` it is one of those that only SMTPUTF8 can carry (RFC 6531).
    """

    sender: str
    recipients: tuple[str, ...]
    content: str
    is_utf8: bool = False


class Handed(Struct, frozen=True):
    """The fate of each recipient; `stopped` is what ended the talk early, if anything did.

    As a fate it is that of whom the relay was not asked to take the message for.
    """

    fates: dict[str, Fate]
    stopped: Fate | None = None


async def hand_over(
    target: Target, mail: Mail, credentials: Credentials | None, *, deadline: float
) -> Handed:
    """How it went, within `deadline` seconds whatever the relay does."""
    session = Session("smtp", target, TlsOptions())
    if credentials is not None:
        session.dialogue.mask = credentials.mask
    course = _Course()
    await session.run(lambda: _talk(session, mail, credentials, course), deadline=deadline)
    stopped = _refused_by(session.stopped) if session.stopped else None
    rest = stopped or Fate("unknown", "the relay has not said anything of this recipient")
    if course.is_in_doubt:
        rest = Fate("unknown", f"{rest.reply}; the relay may have taken the message")
    return Handed({one: course.fates.get(one, rest) for one in mail.recipients}, stopped)


def _refused_by(judged: Judged) -> Fate:
    return Fate("refused", judged.text, is_temporary=judged.code not in FINAL)


class _Course(Struct):
    """How far it got: while `is_in_doubt` the relay has the message, and has not answered."""

    fates: dict[str, Fate] = {}
    is_in_doubt: bool = False


async def _talk(
    session: Session, mail: Mail, credentials: Credentials | None, course: _Course
) -> None:
    ehlo = await _greet(session)
    if credentials is not None:
        await _log_in(session, ehlo, credentials)
    if mail.is_utf8 and "SMTPUTF8" not in ehlo.keywords:
        raise _refused("relay.no-utf8", "the relay takes no address in other letters than ASCII's")
    taken = await _envelope(session, ehlo, mail, course)
    if taken:
        await _content(session, mail, taken, course)
    session.leave("QUIT")


async def _greet(session: Session) -> Reply:
    """Greet, under TLS; what the relay offers. Raises Refused."""
    talk = smtp.Talk()
    await smtp.greet(session, talk)
    if session.target.about != IN_CLEAR:
        await smtp.secure(session, talk)
    for judged in smtp.judge(talk, session.target.about):
        if judged.state == State.CRITICAL:
            raise Refused(judged)
    if session.certificate is None and session.target.about != IN_CLEAR:
        raise _refused("relay.no-tls", "offers no STARTTLS: nothing was sent in clear")
    return talk.ehlo if talk.ehlo and talk.ehlo.is_positive else Reply(250, "", ())


async def _log_in(session: Session, ehlo: Reply, credentials: Credentials) -> None:
    """Log in by PLAIN, else LOGIN: under TLS the simplest mechanism is the best one (RFC 4954)."""
    dialogue = session.dialogue
    offered = ehlo.words("AUTH")
    with session.step("auth", after="AUTH"):
        if "PLAIN" in offered:
            command = f"AUTH PLAIN {credentials.plain()}"
            reply = await smtp.ask(dialogue, command, shown=f"AUTH PLAIN {MASK}")
        elif "LOGIN" in offered:
            reply = await smtp.ask(dialogue, "AUTH LOGIN")
            for answer in credentials.login():
                if reply.code == 334:
                    reply = await smtp.ask(dialogue, answer, shown=MASK)
        else:
            raise _refused("relay.no-auth", "offers no AUTH PLAIN and no AUTH LOGIN")
    if reply.is_temporary:
        raise _refused("relay.auth-temporary", f"can't check the password now: {reply}")
    if not reply.is_positive:
        raise _refused("relay.auth", f"refuses the login: {reply}")


async def _envelope(session: Session, ehlo: Reply, mail: Mail, course: _Course) -> list[str]:
    """Say whom it is for, and that it comes; the recipients whom it may be said to."""
    utf8 = " SMTPUTF8" if mail.is_utf8 else ""
    begin = f"MAIL FROM:<{mail.sender}>{utf8}"
    commands = [begin, *(f"RCPT TO:<{one}>" for one in mail.recipients), "DATA"]
    with session.step("rcpt", after="MAIL and RCPT"):
        ask = _ask_at_once if "PIPELINING" in ehlo.keywords else _ask_in_turn
        first, *answers, data = await ask(session.dialogue, commands)
    taken = []
    for recipient, reply in zip(mail.recipients, answers, strict=True):
        if first.is_positive and reply.is_positive and data.code == GO_ON:
            taken.append(recipient)
        else:
            why = first if not first.is_positive else data if reply.is_positive else reply
            course.fates[recipient] = _refusal(why)
    if data.code == GO_ON and not taken:
        # RFC 2920 3.1: a relay may say so though it takes nobody; it gets an empty message.
        await smtp.ask(session.dialogue, ".")
    return taken


async def _ask_at_once(dialogue: Dialogue, commands: Sequence[str]) -> list[Reply]:
    for command in commands:
        dialogue.send(command)
    return [await smtp.reply(dialogue) for _ in commands]


async def _ask_in_turn(dialogue: Dialogue, commands: Sequence[str]) -> list[Reply]:
    """The replies; nothing more is asked when the sender is refused, or all recipients are."""
    begin, *recipients, data = commands
    first = await smtp.ask(dialogue, begin)
    if not first.is_positive:
        return [first] * len(commands)
    answers = [await smtp.ask(dialogue, command) for command in recipients]
    takes_any = any(answer.is_positive for answer in answers)
    return [first, *answers, await smtp.ask(dialogue, data) if takes_any else answers[-1]]


async def _content(session: Session, mail: Mail, taken: list[str], course: _Course) -> None:
    lines = mail.content.removesuffix("\r\n").split("\r\n")
    stuffed = ["." + line if line.startswith(".") else line for line in lines]  # RFC 5321 4.5.2
    with session.step("data", after="the message"):
        course.is_in_doubt = True
        reply = await smtp.ask(
            session.dialogue, "\r\n".join([*stuffed, "."]), shown="(the message)"
        )
        course.is_in_doubt = False
    fate = Fate("accepted", str(reply), reply.queue_id) if reply.is_positive else _refusal(reply)
    course.fates |= dict.fromkeys(taken, fate)


def _refusal(reply: Reply) -> Fate:
    return Fate("refused", str(reply), is_temporary=reply.is_temporary)


def _refused(code: str, text: str) -> Refused:
    return Refused(Judged(State.CRITICAL, code, text))
