"""What a template can ask for: each placeholder with its meaning, and how it is found. Pure.

One that nothing is known for is empty. Those that are lists begin on a line of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from msgspec import Struct

from app.incident.kinds import CommandEnded, Resolved, VerdictChanged
from app.incident.metrics import measures
from app.incident.situation import LEAD, Situation
from app.notices import components, phases, zone
from app.notices.backlog import backlog, returned
from app.review import draft
from checks.board import Board
from checks.facts import QueueFacts
from checks.model import State, Verdict
from checks.text import redact
from checks.when import from_iso, span

SHOWN = 12
"""Failing checks, causes or commands that are named; the log has all of them."""


class Known(Struct, frozen=True, kw_only=True):
    """What a notice is filled from. `at` is now, `zone` that of the readers, None this machine's.

    `contact` is whom they can turn to; `phase` and `next_at` are what the operator decided; `news`
    is what is new.
    """

    now: Situation
    board: Board
    verdict: Verdict
    at: datetime
    phase: str
    next_at: datetime | None = None
    zone: tzinfo | None = None
    contact: str = ""
    news: str = ""

    def time(self, at: datetime | None) -> str:
        """A moment as the readers have it; with the date where it is not today."""
        return zone.time(at, self.zone, self.at) if at else ""

    @property
    def onset(self) -> datetime | None:
        """Since when it is out."""
        return self.now.onset or self.verdict.since or self.now.opened

    @property
    def mended(self) -> datetime | None:
        """Until when it was: the first moment that it was well again for good."""
        mitigated = next((one.at for one in measures(self.now.entries) if one.name == "TTM"), None)
        resolved = [one.at for one in self.now.entries if isinstance(one.data, Resolved)]
        return mitigated or (resolved[-1] if resolved else None)


class Placeholder(NamedTuple):
    """Its meaning, and how it is found."""

    help: str
    find: Callable[[Known], str]


def _listed(lines: Iterable[str]) -> str:
    """Lines of their own, indented; the rest is counted."""
    found = list(lines)
    more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return "".join(f"\n  {line}" for line in (*found[:SHOWN], *more))


def _parts(known: Known, wanted: Callable[[components.Component], bool]) -> str:
    """Components by name, with how they are where that is not plain."""
    found = [one for one in components.components(known.board) if wanted(one)]
    names = [
        one.name + (f" ({components.WORDS[one.state]})" if one.state == components.PARTLY else "")
        for one in found
    ]
    return ", ".join(names)


def _scope(known: Known) -> str:
    """That of the verdict; once it is over, that of the first of the worst."""
    verdicts = [one.data for one in known.now.entries if isinstance(one.data, VerdictChanged)]
    judged = [one for one in verdicts if one.severity]
    worst = min(judged, key=lambda one: one.severity, default=None)
    return known.verdict.scope.summary or (worst.summary if worst else "")


def _lasted(known: Known) -> str:
    if known.onset is None:
        return ""
    is_over = known.phase in (phases.MONITORING, phases.RESOLVED)
    until = (known.mended if is_over else None) or known.at
    return span(max(0.0, (until - known.onset).total_seconds()))


def _expected(known: Known) -> str:
    eta = known.now.eta
    low, high = (from_iso(eta.low), from_iso(eta.high)) if eta else (None, None)
    if eta is None or high is None or high < known.at:
        return "not known yet"
    reason = f" ({eta.reason})" if eta.reason else ""
    if low is None:
        return f"by about {known.time(high)}{reason}"
    return f"between {zone.between(low, high, known.zone, known.at)}{reason}"


def _queues(known: Known) -> str:
    lines = []
    for one in known.board.standings.values():
        facts = one.result.facts if one.result else None
        if isinstance(facts, QueueFacts):
            oldest = (known.board.at - facts.oldest) if facts.oldest else timedelta()
            age = f", the oldest for {span(oldest.total_seconds())}" if oldest else ""
            lines.append(f"{one.target.name}: {facts.total:,} wait{age}")
            lines += [f"  {reason.count:,} {reason.text}" for reason in facts.reasons[:3]]
    return _listed(lines)


def _returned(known: Known) -> str:
    """How much mail was given up, and that it has to be sent again."""
    found = returned(known.board, known.onset) if known.onset else None
    if found is None:
        return "How much was returned to its senders is not known."
    least = "at least " if found.at_least else ""
    if not found.count:
        return "" if least else "None was returned to its senders."
    what = "message was" if found.count == 1 else "messages were"
    return f"{least}{found.count:,} {what} returned, and must be sent again.".capitalize()


def _backlog(known: Known) -> str:
    """What readers have to know of mail that was sent meanwhile."""
    found, begun = backlog(known.now, known.board), known.onset
    if begun is None:
        return ""
    meanwhile = zone.between(begun, known.mended or known.at, known.zone, known.at)
    sent = f"Mail sent between {meanwhile}"
    if found.waiting is None:
        return f"{sent} may arrive late; how much of it waits is not known."
    if not found.waiting:
        return f"{sent} has been delivered, none of it waits any more."
    of = f" of {found.peak:,}" if found.peak > found.waiting else ""
    by = f", and should have arrived by about {known.time(found.by)}" if found.by else ""
    return f"{sent} may arrive late: {found.waiting:,}{of} messages wait here{by}."


def _causes(known: Known) -> str:
    lines: list[str] = []
    for one in known.verdict.causes:
        lines.append(f"{one.title}, {one.confidence:.0%}")
        lines += [f"  | {redact(line)}" for line in one.evidence[:3]]
    if not lines and known.now.cause is not None:
        lines.append(known.now.cause.title or known.now.cause.cause)
    lines += [
        f"{one.state}: {one.title}" + (f" ({'; '.join(one.evidence)})" if one.evidence else "")
        for one in known.now.hypotheses.values()
    ]
    return _listed(lines)


def _failing(known: Known) -> str:
    return _listed(
        f"{one.id}  {redact(one.result.summary)}"
        + (f", since {known.time(one.since)}" if one.since else "")
        for one in known.board.standings.values()
        if one.result is not None and one.state == State.CRITICAL
    )


def _done(known: Known) -> str:
    ended = [(one.at, one.data) for one in known.now.entries if isinstance(one.data, CommandEnded)]
    return _listed(
        f"{known.time(at)}  {one.host}: {redact(' '.join(one.argv))}: {one.outcome}"
        for at, one in ended
    )


def _of_review(find: Callable[[draft.Known], str]) -> Callable[[Known], str]:
    """What the review would say of it."""
    return lambda known: find(
        draft.Known(now=known.now, measures=tuple(measures(known.now.entries)))
    )


def _summary(known: Known) -> str:
    return known.now.closed.summary if known.now.closed else ""


PLACEHOLDERS = {
    "title": Placeholder("what the incident was opened as", lambda k: k.now.title),
    "incident": Placeholder("its number, e.g. 2026-11-23-01", lambda k: k.now.id),
    "system": Placeholder("the name of the mail system", lambda k: k.board.system),
    "severity": Placeholder("SEV1 to SEV4", lambda k: k.now.severity or "no severity"),
    "phase": Placeholder("investigating, identified, monitoring, resolved", lambda k: k.phase),
    "progress": Placeholder("the phase in a sentence", lambda k: phases.PHASES.get(k.phase, "")),
    "scope": Placeholder("whom it hits, or hit, as measured", _scope),
    "broken": Placeholder(
        "what people cannot do at the moment, in plain words",
        lambda k: _parts(k, lambda one: one.is_broken),
    ),
    "works": Placeholder(
        "what they can do, as far as it is known",
        lambda k: _parts(k, lambda one: one.state == components.WORKS),
    ),
    "since": Placeholder("when it began", lambda k: k.time(k.onset)),
    "until": Placeholder("when it ended; now, before that", lambda k: k.time(k.mended or k.at)),
    "lasted": Placeholder("how long it lasted, or lasts so far", _lasted),
    "time": Placeholder("the time of this notice", lambda k: k.time(k.at)),
    "next": Placeholder("when the next notice comes", lambda k: k.time(k.next_at)),
    "expected": Placeholder("when mail should work again, or 'not known yet'", _expected),
    "news": Placeholder("what is new since the last notice", lambda k: k.news),
    "lead": Placeholder("who leads", lambda k: k.now.roles.get(LEAD, "")),
    "contact": Placeholder('whom readers can ask: "contact" in [notices]', lambda k: k.contact),
    "summary": Placeholder("what happened, once the incident is closed", _summary),
    "cause": Placeholder("why, as confirmed, else as named last", _of_review(draft.root_cause)),
    "prevention": Placeholder(
        "what keeps it from coming again, from close or review", _of_review(draft.prevention)
    ),
    "backlog": Placeholder("what becomes of mail sent meanwhile", _backlog),
    "returned": Placeholder("how much mail was given up, as the logs have it", _returned),
    "causes": Placeholder("a list: causes and hypotheses with evidence", _causes),
    "failing": Placeholder("a list: the checks that fail", _failing),
    "queues": Placeholder("a list: each queue with its reasons", _queues),
    "done": Placeholder("a list: the commands that were run, and how they ended", _done),
}
"""By name, in the order in which they are documented."""
