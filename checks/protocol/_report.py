"""A run of a round trip in words and figures: the ladder, the facts, the summary. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from checks.facts import RoundTripFacts, Rung
from checks.model import Result, State, Trip
from checks.phases import Phases
from checks.protocol._arrivals import Arrival, Look
from checks.protocol._dkim import Signature
from checks.protocol._judged import Judged, lead, worst_first
from checks.protocol._ladder import READ, SEND, STATUS, STRANGER, climb, in_order, phases
from checks.protocol._ledger import Book, Sent
from checks.protocol._received import hops
from checks.protocol._session import IMPLICIT_TLS, Session


class Run(Struct, kw_only=True):
    """All that is known after a run. `sending` is None when it was not time to send."""

    trip: Trip
    sending: Session | None
    reading: Session
    before: Book
    after: Book
    look: Look
    judged: list[Judged]
    signatures: list[Signature]


def report(run: Run, clock: Phases) -> Result:
    """The result of `run`, timed by `clock`."""
    newest = latest(run.look.arrivals, run.before)
    facts = _facts(run, newest)
    judged = worst_first([*_stopped(run.sending), *_stopped(run.reading), *run.judged])
    metrics = {"waiting": float(facts.waiting), "lost": float(facts.lost)}
    if facts.took is not None:
        metrics["took"] = facts.took
    result = clock.result(
        *lead(judged, _well(facts, judged)),
        metrics=metrics,
        evidence=tuple(_evidence(run)),
        facts=facts,
    )
    return replace(result, phases=phases(facts.rungs))


def latest(arrivals: Sequence[Arrival], book: Book) -> tuple[Arrival, Sent] | None:
    """The arrival that was sent last, and what the ledger has of it."""
    sent = {one.token: one for one in (*book.under_way, *book.lost)}
    pairs = [(arrival, sent[arrival.token]) for arrival in arrivals]
    return max(pairs, key=lambda pair: pair[1].at, default=None)


def _stopped(session: Session | None) -> list[Judged]:
    """What ended a dialogue, with the name of the service before it."""
    if session is None or session.stopped is None:
        return []
    one = session.stopped
    return [Judged(one.state, one.code, f"{session.target.name}: {one.text}")]


def _well(facts: RoundTripFacts, judged: Sequence[Judged]) -> str:
    if facts.took is not None:
        return f"there and back in {_seconds(facts.took)}"
    return next((one.text for one in judged), "nothing is under way")


def _facts(run: Run, newest: tuple[Arrival, Sent] | None) -> RoundTripFacts:
    waiting = [one for one in run.after.under_way if one.is_accepted]
    told = waiting[-1] if waiting else newest[1] if newest else None
    arrival = newest[0] if newest and told is newest[1] else None
    took = (arrival.at - newest[1].at).total_seconds() if arrival and newest else None
    return RoundTripFacts(
        rungs=(*_send_rungs(run), _deliver(run, took), *_read_rungs(run.reading)),
        hops=hops(newest[0].header) if newest else (),
        sent_at=told.at if told else None,
        took=took,
        queue_id=told.queue_id if told else "",
        folder=arrival.folder if arrival else "",
        waiting=len(waiting),
        lost=len(run.after.lost),
    )


def _send_rungs(run: Run) -> tuple[Rung, ...]:
    """This run's, else those of the run that sent what is under way."""
    session = run.sending
    if session is None:
        known = run.before.result.facts if run.before.result else None
        rungs = known.rungs if isinstance(known, RoundTripFacts) else ()
        return tuple(rung for rung in rungs if rung.side == "send")
    names = STRANGER if run.trip.sender is None else SEND
    return _rungs("send", names, session)


def _read_rungs(session: Session) -> tuple[Rung, ...]:
    return _rungs("read", READ, session)


def _rungs(side: str, names: Sequence[str], session: Session) -> tuple[Rung, ...]:
    order = in_order(names, tls_first=session.target.about in IMPLICIT_TLS)
    steps = session.phases.lasted()
    return climb(side, order, steps, session.phases.current, session.stopped)


def _deliver(run: Run, took: float | None) -> Rung:
    """The rung between the two dialogues: what lies behind the server's 250."""
    wrong = worst_first([one for one in run.judged if one.state != State.OK])
    if wrong:
        return Rung("deliver", "deliver", STATUS[wrong[0].state], took, wrong[0].text)
    status = "passed" if took is not None else "unknown"
    text = next((one.text for one in run.judged), "")
    return Rung("deliver", "deliver", status, took, text)


def _evidence(run: Run) -> list[str]:
    """Both dialogues as they went."""
    lines = [str(one) for one in run.signatures]
    for session in filter(None, (run.sending, run.reading)):
        lines += [f"-- {session.target.name} {session.dialogue.peer}".rstrip()]
        lines += session.dialogue.transcript()
    return lines


def _seconds(duration: float) -> str:
    return f"{duration * 1000:.0f} ms" if duration < 1 else f"{duration:.1f} s"
