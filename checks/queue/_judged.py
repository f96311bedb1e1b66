"""What a queue in sum means, whichever MTA it is: judged, and put into words. Pure.

Judged by the age of the oldest mail that can be delivered, and by whether ever more waits; never by
how many there are: 10,000 bounces to a dead destination harm nobody, one mail that waits for four
hours does (QSHAPE_README). Mail on hold does not count: somebody put it there.
"""

from __future__ import annotations

import time
from datetime import timedelta

from msgspec import Struct

from checks.facts import Patience, QueueFacts, Reason
from checks.model import CheckOptions, Finding, Result, State, now, worst
from checks.phases import Phases
from checks.queue import _reasons, _trend
from checks.queue._listing import Listing
from checks.queue._trend import Look
from checks.when import span

FINDINGS = _reasons.FINDINGS | {
    "queue.old": "mail that can be delivered has waited for too long",
    "queue.growing": "ever more mail has come to wait in the last minutes",
    "queue.sender-flood": "most of the mail that waits is from one sender",
    "queue.mail-system-down": "Postfix is down; its queue was read from the files",
    "queue.frozen": "messages are frozen: Exim leaves them alone until somebody thaws them",
    "queue.cut": "the listing did not come to its end: at least so many messages are there",
    "queue.unreadable-lines": "some messages could not be read, and are not counted",
}

EVIDENCE = 3
"""Reasons that stand as evidence; the facts have more."""

BOUNCES = ("", "MAILER-DAEMON")
"""Senders of returned mail: many of them are no flood, whoever they go to."""


class QueueOptions(CheckOptions, frozen=True, kw_only=True):
    """What ``[check.postfix]``, ``[check.exim]`` and ``[check.counts]`` share.

    `oldest_…` in seconds, `growth_warning` in messages a minute; a flood is so many deferred
    messages from one sender, and such a share of all that are deferred. A listing of 100,000
    messages costs the mail server 3 s of a processor: hence `rest`.
    """

    deadline: float = 30.0
    rest: float = 10.0
    oldest_warning: float = 3600.0
    oldest_critical: float = 14400.0
    growth_warning: float = 5.0
    flood_messages: int = 100
    flood_share: float = 0.5


class Seen(Struct, frozen=True, kw_only=True):
    """What was measured: `age` of the oldest deliverable mail in seconds, `growth` a minute.

    `loudest` is the sender of most deferred messages, `frozen` counts those that are no bounces.
    """

    facts: QueueFacts
    age: float | None = None
    growth: float | None = None
    loudest: Reason | None = None
    frozen: int = 0
    is_down: bool = False
    unreadable: int = 0
    cut: str = ""


class Judged(Struct, frozen=True):
    """A finding, and the state that it means."""

    state: State
    finding: Finding


def seen(
    listing: Listing, target: str, at: float, patience: Patience | None, *, cut: str, is_down: bool
) -> Seen:
    """What a listing shows that was taken when `at` was the host's time."""
    tally, trend = listing.tally, _trend.Trend()
    # Not before it arrived, whatever the host's clock has done since.
    age = None if tally.oldest is None else max(0.0, at - tally.oldest)
    counts = tally.queues
    # Mail in maildrop waits for the same: to be taken in.
    incoming = counts["incoming"] + counts["maildrop"]
    if not cut:
        waiting = counts["active"] + counts["deferred"] + incoming
        trend = _trend.note(target, Look(time.monotonic(), waiting, tally.arrived), at)
    facts = QueueFacts(
        active=counts["active"],
        deferred=counts["deferred"],
        hold=counts["hold"],
        incoming=incoming,
        oldest=None if age is None else now() - timedelta(seconds=age),
        reasons=tally.reasons(),
        senders=tally.senders(),
        domains=tally.domains(),
        frozen=tally.frozen,
        ages=tally.ages,
        arrivals=trend.arrivals,
        departures=trend.departures,
        patience=patience,
    )
    senders = [one for one in tally.deferred_senders() if one.text not in BOUNCES]
    return Seen(
        facts=facts,
        age=age,
        growth=trend.growth,
        loudest=senders[0] if senders else None,
        frozen=tally.frozen - tally.frozen_bounces,
        is_down=is_down,
        unreadable=listing.unreadable,
        cut=cut,
    )


def judge(seen: Seen, options: QueueOptions) -> list[Judged]:
    """What is wrong, and what is known to be incomplete."""
    judged, facts = [], seen.facts

    def say(state: State, code: str, text: str) -> None:
        judged.append(Judged(state, Finding(code, text)))

    if seen.is_down:
        text = "Postfix is down; its queue was read from the files"
        say(State.WARNING, "queue.mail-system-down", text)
    if seen.age is not None and seen.age >= options.oldest_warning:
        is_critical = seen.age >= options.oldest_critical
        state = State.CRITICAL if is_critical else State.WARNING
        say(state, "queue.old", f"mail waits for {span(seen.age)}")
    if seen.growth is not None and seen.growth >= options.growth_warning:
        say(State.WARNING, "queue.growing", f"grows by {seen.growth:.0f} messages a minute")
    if is_flood(seen, options) and seen.loudest is not None:
        count, share = seen.loudest.count, seen.loudest.count / facts.deferred
        text = f"{seen.loudest.text} has {count:,} messages deferred, {share:.0%} of all"
        say(State.WARNING, "queue.sender-flood", text)
    if facts.frozen:
        text = f"{facts.frozen:,} frozen" + ("" if seen.frozen else ", all of them bounces")
        # A frozen bounce harms nobody; what somebody has written waits for ever.
        say(State.WARNING if seen.frozen else State.OK, "queue.frozen", text)
    if seen.cut:
        text = f"at least {facts.total:,} messages; the listing was cut: {seen.cut}"
        say(State.UNKNOWN, "queue.cut", text)
    if seen.unreadable:
        text = f"{seen.unreadable:,} messages could not be read"
        say(State.OK, "queue.unreadable-lines", text)
    return sorted(judged, key=lambda one: -one.state.badness)


def is_flood(seen: Seen, options: QueueOptions) -> bool:
    """Whether one sender stands out among what is deferred; a newsletter under way does not."""
    if seen.loudest is None or seen.loudest.count < options.flood_messages:
        return False
    return seen.loudest.count >= options.flood_share * seen.facts.deferred


def result(phases: Phases, seen: Seen, options: QueueOptions) -> Result:
    """The answer of the check."""
    judged, facts = judge(seen, options), seen.facts
    findings = [one.finding for one in judged] + _why(facts)
    rates = {"arrivals": facts.arrivals, "departures": facts.departures}
    return phases.result(
        worst(one.state for one in judged),
        "; ".join([*(one.finding.text for one in judged), in_words(facts)]),
        *findings,
        metrics={
            "active": float(facts.active),
            "deferred": float(facts.deferred),
            "hold": float(facts.hold),
            "incoming": float(facts.incoming),
            "oldest_seconds": seen.age or 0.0,
        }
        | {name: rate for name, rate in rates.items() if rate is not None},
        evidence=tuple(finding.text for finding in _why(facts)[:EVIDENCE]),
        facts=facts,
    )


def in_words(facts: QueueFacts) -> str:
    """How many messages are where, and what most of them wait for."""
    counts = {
        "active": facts.active,
        "deferred": facts.deferred,
        "incoming": facts.incoming,
        "on hold": facts.hold,
    }
    words = ", ".join(f"{count:,} {where}" for where, count in counts.items() if count)
    if not words:
        return "queue is empty"
    if facts.oldest is None and facts.total > facts.hold:
        words += ", for how long is not told"
    if facts.reasons:
        return f"{words}, most for: {_reasons.text(facts.reasons[0])}"
    return words


def _why(facts: QueueFacts) -> list[Finding]:
    """A finding for each kind of reason, with the most frequent one's text."""
    kinds: dict[str, Finding] = {}
    for reason in facts.reasons:
        code = _reasons.kind(reason)
        kinds.setdefault(code, Finding(code, f"{reason.count:,} × {_reasons.text(reason)}"))
    return list(kinds.values())
