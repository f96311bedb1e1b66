"""Sends test mail and sees it arrive: from a canary to itself, to another one, and from outside.

Submission under TLS with a login, or port 25 as a stranger does; then the recipient's mailbox
over IMAP. A message that has not come is looked for again at the next run (check_mail_loop(1)).
No trip sends more often than its pause allows, not even by several consoles that share a state
folder; what was seen is deleted, and so is whatever an earlier run has left.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from msgspec.structs import replace

from checks.model import Canary, Finding, Result, State, System, Target, Trip, now
from checks.phases import Phases
from checks.protocol import _dkim, _mailbox, _passage, _submission, _tls, imap, smtp
from checks.protocol._arrivals import Look, Wanted, look_for
from checks.protocol._ledger import (
    Book,
    HeldElsewhere,
    Ledger,
    LedgerError,
    Sent,
    held,
    last_result,
    place,
)
from checks.protocol._login import Login
from checks.protocol._mailbox import Mailbox
from checks.protocol._passage import Limits
from checks.protocol._report import Run, latest, report
from checks.protocol._returned import look_for_returned
from checks.protocol._session import Session
from checks.protocol._stopped import unanswered
from checks.protocol._submission import Envelope, Submission, submit
from checks.protocol._testmail import compose, new_token
from checks.protocol._trips import name_of, trips
from checks.reveal import SecretError, reveal
from checks.secret import Credentials

FINDINGS = (
    smtp.FINDINGS
    | imap.FINDINGS
    | unanswered("smtp", *_submission.STEPS)
    | unanswered("imap", *_mailbox.STEPS)
    | _submission.FINDINGS
    | _mailbox.FINDINGS
    | _passage.FINDINGS
    | _dkim.FINDINGS
    | {
        "roundtrip.secret": "the canary's password can't be had, so nobody could log in",
        "roundtrip.ledger": "what was sent can't be kept, so nothing is sent",
        "roundtrip.busy": "another console is on this trip for the first time",
    }
)

SPARE = 0.5
"""Seconds of the deadline that are kept for what follows on the talking."""

REMEMBERED = timedelta(days=7)
"""How long it is missed that messages of a trip were signed: then nobody signs there any more."""

SUBMISSION = 0.67
"""Share of the time that handing over may take: a server that was asked for a wrong password lets
the next one from here wait for 4 s (Dovecot's auth penalty)."""


class Options(_tls.TlsOptions, frozen=True, kw_only=True):
    """Seconds after which a message is `late`, and `lost`; `folder` is the state folder.

    Whoever asks, and how often ever: at least `pause` seconds lie between two messages of a trip.
    """

    interval: float = 60.0
    deadline: float = 15.0
    pause: float = 30.0
    late: float = 60.0
    lost: float = 3600.0
    folder: str = ""

    @property
    def limits(self) -> Limits:
        """When a message is late and lost."""
        return Limits(self.late, self.lost)


def targets(system: System) -> list[Target]:
    """Every trip between the canaries, and from outside."""
    return [
        Target(name=name_of(trip), about="roundtrip", resolver=system.resolver, trip=trip)
        for trip in trips(system)
    ]


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """Send if it is time to, look for what is under way, and say what became of it."""
    blank = Phases()
    if target.trip is None:
        return blank.result(State.UNKNOWN, "no canary to send to")
    try:
        with held(options.folder, target.id) as ledger:
            known = ledger.book.result
            if known is not None and not ledger.book.under_way and not _is_due(ledger, options):
                return known
            result = await _Run(target.trip, options, ledger, deadline).result()
            ledger.keep(replace(ledger.book, result=result))
            return result
    except HeldElsewhere:
        text = "another console is on it right now"
        finding = Finding("roundtrip.busy", text)
        known = last_result(options.folder, target.id)
        return known or blank.result(State.UNKNOWN, text, finding)
    except LedgerError as error:
        return blank.result(State.UNKNOWN, str(error), Finding("roundtrip.ledger", str(error)))
    except SecretError as error:
        return blank.result(State.UNKNOWN, str(error), Finding("roundtrip.secret", str(error)))


def _is_due(ledger: Ledger, options: Options) -> bool:
    sent = ledger.book.sent
    if sent is None:
        return True
    elapsed = (now() - sent).total_seconds()
    return elapsed < 0 or elapsed >= options.pause  # below zero: the clock was set back


class _Run:
    """One run of one trip."""

    def __init__(self, trip: Trip, options: Options, ledger: Ledger, deadline: float) -> None:
        self._trip = trip
        self._options = options
        self._ledger = ledger
        self._phases = Phases()
        self._clock = asyncio.get_running_loop().time
        self._until = self._clock() + deadline - SPARE
        self._sending: Session | None = None
        self._reading = Session("imap", trip.recipient.imap, options)
        self._secrets: list[Credentials] = []

    async def result(self) -> Result:
        """Do it. Raises SecretError, LedgerError."""
        trip = self._trip
        reader = await self._login(trip.recipient)
        sender = reader if trip.sender == trip.recipient else None
        if trip.sender is not None and sender is None:
            sender = await self._login(trip.sender)
        if _is_due(self._ledger, self._options):
            await self._send(sender)
        before = self._ledger.book
        look = await self._look(reader)
        if sender is not None and look.is_complete:
            await self._look_for_returned(sender, look)
        at = now()
        limits = self._options.limits
        after = _passage.settle(before, look, limits, at)
        self._ledger.keep(after)
        judged = _passage.judge(before, after, look, limits, at)
        signatures = await self._signatures(before, look)
        if signatures is not None and trip.sender is not None:
            judged += _dkim.judge(signatures, trip.sender.domain, _signer(before))
        if signatures:
            self._ledger.keep(replace(after, signer=signatures[0].key, signed=at))
        run = Run(
            trip=trip,
            sending=self._sending,
            reading=self._reading,
            before=before,
            after=after,
            look=look,
            judged=judged,
            signatures=signatures or [],
        )
        return report(run, self._phases)

    def _mask(self, text: str) -> str:
        for credentials in self._secrets:
            text = credentials.mask(text)
        return text

    @property
    def _left(self) -> float:
        return max(0.0, self._until - self._clock())

    async def _login(self, canary: Canary) -> Login:
        password = await reveal(canary.password, deadline=self._left / 3)
        credentials = Credentials(canary.user, password)
        self._secrets.append(credentials)
        self._reading.dialogue.mask = self._mask
        mark = place(self._options.folder, canary.address)
        return Login(credentials, canary.password, mark)

    async def _send(self, login: Login | None) -> None:
        """Hand a new message over. It is noted before, so that a crash leaves a trace of it."""
        ledger, trip = self._ledger, self._trip
        book = ledger.book
        sent = Sent(token=new_token(now()), at=now())
        ledger.keep(replace(book, under_way=(*book.under_way, sent)))
        seen = Submission()
        session = self._sending = Session("smtp", trip.door, self._options)
        session.dialogue.mask = self._mask
        envelope = _envelope(trip, sent.token)
        await session.run(
            lambda: submit(session, seen, envelope, login), deadline=self._left * SUBMISSION
        )
        if seen.is_in_doubt and session.stopped is not None:
            text = "has the message, and does not say whether it takes it"
            session.stopped = replace(session.stopped, code="roundtrip.in-doubt", text=text)
        if seen.is_accepted or seen.is_in_doubt:
            sent = replace(sent, queue_id=seen.queue_id, is_accepted=seen.is_accepted)
            book = replace(book, sent=sent.at, under_way=(*book.under_way, sent))
        ledger.keep(book)

    async def _signatures(self, book: Book, look: Look) -> list[_dkim.Signature] | None:
        """Those of the newest message; None where there is none of ours, or not all of it."""
        newest = latest(look.arrivals, book)
        if newest is None or self._trip.sender is None or not newest[0].is_entire:
            return None
        left = self._left + SPARE / 3
        resolver = self._trip.recipient.imap.resolver
        return await _dkim.verify(newest[0].header, newest[0].body, resolver, deadline=left)

    async def _look(self, login: Login) -> Look:
        book, look = self._ledger.book, Look()
        young = now() - timedelta(seconds=self._options.late)
        fresh = {one.token for one in book.under_way if one.at >= young}
        wanted = Wanted(
            awaited=frozenset(fresh),
            late=frozenset(one.token for one in (*book.under_way, *book.lost)) - fresh,
            seen=book.arrived,
            until=self._until - self._left / 4,
        )
        session = self._reading
        mailbox = Mailbox(session)
        await session.run(lambda: look_for(wanted, mailbox, look, login), deadline=self._left)
        return look

    async def _look_for_returned(self, login: Login, look: Look) -> None:
        """What has not come may have gone back to who sent it."""
        tokens = _missing(self._ledger.book, look)
        if not tokens or self._trip.sender is None:
            return
        # What this dialogue shows of the sender's own mailbox is another trip's to tell.
        session = Session("imap", self._trip.sender.imap, self._options)
        session.dialogue.mask = self._mask
        mailbox = Mailbox(session)
        await session.run(
            lambda: look_for_returned(tokens, mailbox, look, login), deadline=self._left
        )


def _missing(book: Book, look: Look) -> set[str]:
    """What a server has promised to deliver, and has not."""
    return {one.token for one in book.under_way if one.is_accepted} - look.tokens


def _signer(book: Book) -> str:
    """The key that messages of this trip were signed by of late."""
    is_known = book.signed is not None and now() - book.signed < REMEMBERED
    return book.signer if is_known else ""


def _envelope(trip: Trip, token: str) -> Envelope:
    """A stranger's mail has no sender, so that nothing can be sent back."""
    sender = trip.sender.address if trip.sender else ""
    shown = sender or f"mailmedic@{smtp.OUR_NAME}"
    recipient = trip.recipient.address
    return Envelope(sender, recipient, compose(token, shown, recipient))
