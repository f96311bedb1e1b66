"""A draft of the answers, from the log: what is known need not be typed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from msgspec import Struct

from app.incident.entry import Entry
from app.incident.folder import Summary
from app.incident.kinds import (
    CommandEnded,
    Detected,
    ItemChanged,
    NoticeSent,
    Reminded,
    RoleTaken,
    VerdictChanged,
)
from app.incident.metrics import Measure
from app.incident.situation import HypothesisRecord, Situation, situation
from app.sop.procedure import Step
from checks.when import clock, span

T = TypeVar("T")


class Known(Struct, frozen=True, kw_only=True):
    """What a draft is made of. `earlier` holds incidents before this one."""

    now: Situation
    measures: tuple[Measure, ...] = ()
    steps: tuple[Step, ...] = ()
    earlier: tuple[Summary, ...] = ()

    def all(self, kind: type[T]) -> list[tuple[Entry, T]]:
        """The entries of that kind, with their data."""
        return [(one, one.data) for one in self.now.entries if isinstance(one.data, kind)]


def drafts(known: Known) -> dict[str, str]:
    """A draft for each question, by its id; empty where the log knows nothing."""
    return {name: "\n".join(draft(known)) for name, draft in DRAFTS.items()}


def summary(known: Known) -> str:
    """What happened, in a sentence."""
    now = known.now
    parts = [now.title]
    if now.onset is not None:
        parts.append(f"since {now.onset:%Y-%m-%d} {clock(now.onset)}")
    resolved = next((one.seconds for one in known.measures if one.name == "TTR"), None)
    if resolved is not None:
        parts.append(f"resolved after {span(resolved)}")
    return ", ".join(parts)


def root_cause(known: Known) -> str:
    """What was confirmed; else what diagnosis, or a person, named last."""
    now = known.now
    if now.closed is not None and now.closed.root_cause:
        return now.closed.root_cause
    confirmed = _held(now, "confirmed")
    if confirmed:
        return "; ".join(map(_with_evidence, confirmed))
    return (now.cause.title or now.cause.cause) if now.cause else ""


def prevention(known: Known) -> str:
    """What was decided at the close; else what the review has somebody do."""
    now = known.now
    if now.closed is not None and now.closed.prevention:
        return now.closed.prevention
    return "; ".join(one.title for one in now.review.actions) if now.review else ""


def same_cause(known: Known) -> list[str]:
    """The earlier incidents with the cause of this one, in a line each."""
    ours = _causes(known.now)
    found = [(one, situation(one.id, one.entries)) for one in known.earlier]
    return [
        f"{one.id} {one.title}" + (f" ({then.closed.root_cause})" if then.closed else "")
        for one, then in found
        if one.id != known.now.id and ours & _causes(then)
    ]


def _causes(now: Situation) -> set[str]:
    """What an incident is recognised by: its cause's id, and what was confirmed or written down."""
    names = [now.cause.cause if now.cause else ""]
    names += [one.title for one in _held(now, "confirmed")]
    names.append(now.closed.root_cause if now.closed else "")
    return {name.casefold().strip() for name in names} - {""}


def _held(now: Situation, state: str) -> list[HypothesisRecord]:
    return [one for one in now.hypotheses.values() if one.state == state]


def _with_evidence(one: HypothesisRecord) -> str:
    return f"{one.title} ({'; '.join(one.evidence)})" if one.evidence else one.title


def _ticked(known: Known, step: str) -> list[str]:
    items = next((one.items for one in known.steps if one.id == step), ())
    done = {name for name, record in known.now.items.items() if record.state == "done"}
    return [item.title for item in items if item.id in done]


def _commands(known: Known, outcome: str) -> list[CommandEnded]:
    return [one for _, one in known.all(CommandEnded) if one.outcome == outcome]


def _command(one: CommandEnded) -> str:
    return f"`{' '.join(one.argv)}` on {one.host}"


def _impact(known: Known) -> Iterable[str]:
    said = dict.fromkeys(
        f"{one.summary} ({one.severity})" for _, one in known.all(VerdictChanged) if one.severity
    )
    yield from said
    yield summary(known)


def _trigger(known: Known) -> Iterable[str]:
    cause = known.now.cause
    if cause is not None:
        yield f"{cause.title or cause.cause}" + (f" on {cause.host}" if cause.host else "")
    for _, one in known.all(Detected):
        yield f"the first failing result was at {one.onset}: {one.check} {one.summary}"
        return


def _contributing(known: Known) -> Iterable[str]:
    for state in ("suspected", "ruled out"):
        yield from (f"{state}: {_with_evidence(one)}" for one in _held(known.now, state))


def _before(known: Known) -> Iterable[str]:
    unlike = ["no earlier incident has this cause"] if _causes(known.now) else []
    return same_cause(known) or unlike


def _detection(known: Known) -> Iterable[str]:
    for entry, one in known.all(Detected):
        yield f"{one.check} {one.summary}, seen {clock(entry.at)}, first failing at {one.onset}"
        return


def _response(known: Known) -> Iterable[str]:
    for one in known.measures:
        took = "not reached" if one.seconds is None else span(one.seconds)
        against = f", target {span(one.target)}" if one.target is not None else ""
        judged = {True: ": met", False: ": MISSED", None: ""}[one.is_met]
        yield f"{one.name} {one.title} {took}{against}{judged}"


def _went_well(known: Known) -> Iterable[str]:
    yield from (f"{one.title} in {_took(one)}" for one in known.measures if one.is_met)
    yield from (f"{_command(one)} worked" for one in _commands(known, "done"))


def _went_wrong(known: Known) -> Iterable[str]:
    late = (one for one in known.measures if one.is_met is False)
    yield from (f"{one.title} took {_took(one)}, target {_target(one)}" for one in late)
    yield from (f"{clock(entry.at)} {one.why or one.of}" for entry, one in known.all(Reminded))
    yield from (
        f"{clock(entry.at)} failed: {one.title} {one.reason}".rstrip()
        for entry, one in known.all(ItemChanged)
        if one.state == "failed"
    )
    yield from (f"{_command(one)} failed" for one in _commands(known, "failed"))


def _took(one: Measure) -> str:
    return "?" if one.seconds is None else span(one.seconds)


def _target(one: Measure) -> str:
    return "none" if one.target is None else span(one.target)


def _people(known: Known) -> Iterable[str]:
    worked = dict.fromkeys(one.who for one in known.now.entries if one.who != "auto")
    if worked:
        yield f"worked on it: {', '.join(worked)}"
    held = dict.fromkeys(f"{one.holder} ({one.role})" for _, one in known.all(RoleTaken))
    if held:
        yield f"roles: {', '.join(held)}"
    told = dict.fromkeys(name for _, one in known.all(NoticeSent) for name in one.audience)
    if told:
        yield f"told: {', '.join(told)}"


def _nothing(_known: Known) -> Sequence[str]:
    return ()


DRAFTS: dict[str, Callable[[Known], Iterable[str]]] = {
    "impact": _impact,
    "root-cause": lambda known: [root_cause(known)],
    "trigger": _trigger,
    "contributing": _contributing,
    "before": _before,
    "detection": _detection,
    "response": _response,
    "went-well": _went_well,
    "went-wrong": _went_wrong,
    "lucky": _nothing,
    "people": _people,
    "prevention": lambda known: [prevention(known)],
}
"""What each question's draft is made by; a log does not know where we were lucky."""
