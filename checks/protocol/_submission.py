"""Hands one message over, as a client of submission does or, without a login, as a stranger.

Our own dialogue greets and starts TLS (`smtp`); aiosmtplib logs in and sends. A password is sent
under TLS alone, and once: aiosmtplib's `login` would try each mechanism in turn, and three
failures lock an account. RFC 6409 (submission), 4954 (AUTH), 5321 3.3 (MAIL, RCPT, DATA).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from checks.model import State
from checks.protocol import smtp
from checks.protocol._dialogue import Broken, How
from checks.protocol._judged import Judged
from checks.protocol._login import Login
from checks.protocol._reply import NotAReply, Reply, parse_reply
from checks.protocol._session import Session
from checks.protocol._stopped import Refused
from checks.text import MASK

if TYPE_CHECKING:
    from aiosmtplib import SMTP, SMTPResponse

FINDINGS = {
    "roundtrip.auth.no-tls": "no TLS: the password is not sent in clear",
    "roundtrip.auth.missing": "the server offers no AUTH, or no mechanism that we speak",
    "roundtrip.auth.failed": "the server refuses the canary's password",
    "roundtrip.auth.temporary": "the server can't check passwords now (4yz)",
    "roundtrip.rejected": "the server refuses the message (5yz)",
    "roundtrip.temporary": "the server refuses the message for now (4yz)",
    "roundtrip.in-doubt": "the server has the message, and does not say whether it takes it",
}

STEPS = ("auth", "mail", "rcpt", "data")

MECHANISMS = ("plain", "login", "cram-md5")
"""The best one first: under TLS the simplest is."""


class Submission(Struct):
    """How far it got.

    While `is_in_doubt` the server has the message, and has not said whether it takes it.
    """

    reply: Reply | None = None
    is_in_doubt: bool = False
    is_accepted: bool = False

    @property
    def queue_id(self) -> str:
        """The queue id that the server answered with; empty where it told none."""
        return self.reply.queue_id if self.reply else ""


class Envelope(Struct, frozen=True):
    """A message and where it goes; the sender is empty for a stranger's (RFC 5321 4.5.5)."""

    sender: str
    recipient: str
    message: bytes


async def submit(
    session: Session, seen: Submission, envelope: Envelope, login: Login | None
) -> None:
    """Greet, log in, and hand the message over.

    Raises Refused, and what else `Session.run` takes.
    """
    talk = smtp.Talk()
    await smtp.greet(session, talk)
    if login is not None:
        await smtp.secure(session, talk)
    for judged in smtp.judge(talk, session.target.about):
        if judged.state == State.CRITICAL:
            raise Refused(judged)
    client = _client(session, talk.ehlo or talk.helo)
    if login is not None:
        await _log_in(session, client, login)
    await _hand_over(session, client, seen, envelope, is_stranger=login is None)
    session.leave("QUIT")


def _client(session: Session, ehlo: Reply | None) -> SMTP:
    """The library's client, put where our dialogue has come to."""
    from aiosmtplib import SMTP, SMTPResponse
    from aiosmtplib.protocol import SMTPProtocol

    if session.dialogue.has_more:
        raise Broken(How.EARLY)
    client = SMTP(hostname=None, start_tls=False, timeout=None, local_hostname=smtp.OUR_NAME)
    client.protocol = SMTPProtocol(loop=asyncio.get_running_loop())
    session.dialogue.lend(client.protocol)
    client.transport = client.protocol.transport
    if ehlo is not None:
        client.last_ehlo_response = SMTPResponse(ehlo.code, "\n".join(ehlo.lines))
    return client


async def _log_in(session: Session, client: SMTP, login: Login) -> None:
    if session.certificate is None:
        text = "STARTTLS is not offered, so the password was not sent"
        raise Refused(Judged(State.CRITICAL, "roundtrip.auth.no-tls", text))
    known = [name for name in MECHANISMS if name in client.server_auth_methods]
    if not known:
        text = "offers no AUTH with a mechanism that we speak"
        raise Refused(Judged(State.CRITICAL, "roundtrip.auth.missing", text))
    method = getattr(client, f"auth_{known[0].replace('-', '')}")
    with session.step("auth", after="AUTH"):
        async with login.turn("roundtrip.auth.failed"):
            command = method(login.credentials.user, login.credentials.reveal())
            reply = await _ask(session, f"AUTH {known[0].upper()} {MASK}", command)
            if not reply.is_positive:
                raise Refused(_judge_login(reply))


async def _hand_over(
    session: Session, client: SMTP, seen: Submission, envelope: Envelope, *, is_stranger: bool
) -> None:
    sender, recipient = envelope.sender, envelope.recipient
    for name, shown, command in (
        ("mail", f"MAIL FROM:<{sender}>", partial(client.mail, sender)),
        ("rcpt", f"RCPT TO:<{recipient}>", partial(client.rcpt, recipient)),
        ("data", "DATA", partial(client.data, envelope.message)),
    ):
        seen.is_in_doubt = name == "data"
        with session.step(name, after=shown.split(maxsplit=1)[0]):
            seen.reply = await _ask(session, shown, command())
        seen.is_in_doubt = False
        if not seen.reply.is_positive:
            raise Refused(_judge_refusal(seen.reply, is_stranger=is_stranger))
    seen.is_accepted = True


async def _ask(session: Session, shown: str, command: Coroutine[Any, Any, SMTPResponse]) -> Reply:
    """The reply to one command of the library's. Raises Broken."""
    from aiosmtplib import SMTPResponse, SMTPResponseException

    async def replied() -> SMTPResponse:
        try:
            return await command
        except SMTPResponseException as error:
            return SMTPResponse(error.code, error.message)

    response = await session.dialogue.ask(replied(), shown=shown)
    mask = session.dialogue.mask
    return _reply(response.code, mask(response.message) if mask else response.message)


def _reply(code: int, message: str) -> Reply:
    *first, last = message.split("\n")
    lines = [*(f"{code:03}-{line}" for line in first), f"{code:03} {last}"]
    try:
        return parse_reply([line.encode("utf-8", "surrogateescape") for line in lines])
    except NotAReply as error:
        raise Broken(How.MALFORMED, str(error)) from error


def _judge_login(reply: Reply) -> Judged:
    if reply.is_temporary:
        text = f"can't check passwords now: {reply}"
        return Judged(State.CRITICAL, "roundtrip.auth.temporary", text)
    return Judged(State.CRITICAL, "roundtrip.auth.failed", f"refuses the login: {reply}")


def _judge_refusal(reply: Reply, *, is_stranger: bool) -> Judged:
    if not reply.is_temporary:
        return Judged(State.CRITICAL, "roundtrip.rejected", f"refuses the message: {reply}")
    # A person sees the error; another server tries again, and greylisting wants it to.
    state = State.WARNING if is_stranger else State.CRITICAL
    return Judged(state, "roundtrip.temporary", f"refuses the message for now: {reply}")
