"""A round trip of test mail on the screen: a row of the reachability grid, and its ladder. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from checks.board import Standing
from checks.facts import Hop, RoundTripFacts, Rung
from checks.model import State, Target, Trip
from checks.when import clock, span
from widgets.figures import milliseconds
from widgets.state import ABSENT, ASKING, MARKS, Mark, mark
from widgets.text import Row, Span, row

RUNGS = {
    "passed": MARKS[State.OK],
    "poor": MARKS[State.WARNING],
    "broken": MARKS[State.CRITICAL],
    "unknown": MARKS[State.UNKNOWN],
}
"""How a rung is marked. One beyond the first that is broken is unknown, never red."""

SECOND = 1.0


def label(trip: Trip, others: Iterable[Trip]) -> str:
    """The trip in short: ``canary1``, ``canary1→canary2``, ``mail1→canary1``.

    Addresses stand whole where a local part alone would mean two canaries.
    """
    addresses = {one.recipient.address for one in others}

    def short(address: str) -> str:
        local = address.partition("@")[0]
        same = [one for one in addresses if one.partition("@")[0] == local]
        return local if len(same) <= 1 else address

    recipient = short(trip.recipient.address)
    if trip.sender is None:
        return f"{trip.door.host.name if trip.door.host else trip.door.name}→{recipient}"
    sender = short(trip.sender.address)
    return recipient if trip.sender == trip.recipient else f"{sender}→{recipient}"


def facts_of(standing: Standing) -> RoundTripFacts | None:
    """What is known of the way; None before the first answer."""
    facts = standing.result.facts if standing.result else None
    return facts if isinstance(facts, RoundTripFacts) else None


def service_mark(standing: Standing, service: Target, at: datetime) -> Mark:
    """How one side of the trip went: the one that uses `service`, which the column is for."""
    trip, facts = standing.target.trip, facts_of(standing)
    side = "send" if trip is not None and service == trip.door else "read"
    if facts is None:
        return mark(standing, at)
    return _worst([rung for rung in facts.rungs if rung.side == side], standing, at)


def time_cell(standing: Standing, at: datetime) -> Row:
    """How long the message took, or why that is not known."""
    facts = facts_of(standing)
    if facts is None:
        shown = mark(standing, at)
        return row(Span(shown.glyph, shown.role))
    shown = _worst([rung for rung in facts.rungs if rung.side == "deliver"], standing, at)
    if facts.took is None:
        return row(Span(shown.glyph, shown.role))
    flag = "" if shown.role == "good" else f" {shown.glyph}"
    took = milliseconds(facts.took) if facts.took < SECOND else span(facts.took)
    return row(Span(took + flag, shown.role))


def _worst(rungs: Sequence[Rung], standing: Standing, at: datetime) -> Mark:
    """The mark of a few rungs together: those that were not reached count when none was."""
    whole = mark(standing, at)
    if standing.is_stale(at) or not rungs:
        return whole if rungs else ABSENT
    for status in ("broken", "poor", "passed"):
        if any(rung.status == status for rung in rungs):
            is_bad = status != "passed"
            return whole if is_bad and standing.is_soft else RUNGS[status]
    return RUNGS["unknown"]


def ladder(standing: Standing) -> tuple[Row, ...]:
    """The whole way, a line for each rung, the first that is broken said before all."""
    facts = facts_of(standing)
    if facts is None:
        return (row(Span(f"{ASKING.glyph} {ASKING.word}", ASKING.role)),)
    lines = [_rung(rung) for rung in facts.rungs]
    if facts.broken is not None:
        bad = RUNGS["broken"]
        lines.insert(0, row(Span(f"{bad.glyph} stops at {_name(facts.broken)}", bad.role)))
    return (*lines, *_hops(facts.hops), *_message(facts))


def _name(rung: Rung) -> str:
    return rung.name if rung.side == rung.name else f"{rung.side}: {rung.name}"


def _rung(rung: Rung) -> Row:
    shown = RUNGS[rung.status]
    took = "" if rung.duration is None else milliseconds(rung.duration)
    text = f"  {rung.text}" if rung.text else ""
    return row(
        Span(f"{shown.glyph} ", shown.role),
        f"{_name(rung):<15}",
        Span(f"{took:>8}", "dim"),
        Span(text, shown.role if rung.status != "passed" else "dim"),
    )


def _hops(hops: Sequence[Hop]) -> list[Row]:
    """Who took the message on its way, and how long after the one before."""
    lines = []
    for hop in hops:
        when = clock(hop.at)[:-1] if hop.at else "no date"
        after = "" if hop.delay is None else f"{hop.delay:+.0f} s"
        if hop.delay is not None and hop.delay < 0:
            after += ", clocks differ"
        text = f"  hop {when:>8}  {hop.by} {hop.protocol}  {after}"
        lines.append(row(Span(text.rstrip(), "dim")))
    return lines


def _message(facts: RoundTripFacts) -> list[Row]:
    if facts.sent_at is None:
        return []
    queued = f", queue id {facts.queue_id}" if facts.queue_id else ""
    return [row(Span(f"  sent {clock(facts.sent_at)[:-1]}{queued}", "dim"))]
