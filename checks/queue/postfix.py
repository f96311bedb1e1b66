"""How much mail waits in Postfix, for how long, and why: ``postqueue -j``.

Judged by the age of the oldest mail that can be delivered, and by whether ever more waits; never by
how many there are: 10,000 bounces to a dead destination harm nobody, one mail that waits for four
hours does (QSHAPE_README). Mail on hold does not count: somebody put it there.

A queue that can't be seen is *blind*: UNKNOWN with the reason and the mend, never 0. Who may see
it: postqueue(1), ``authorized_mailq_users``. With Postfix down postqueue answers root from the
files, and nobody else. Where a host may have another MTA (`mta` is left out of the config), the
absence of postqueue is an answer: no Postfix, no queue of it.
"""

from __future__ import annotations

import time
from datetime import timedelta

from msgspec import Struct

from checks import hosts
from checks.facts import QueueFacts
from checks.hosts import Login, LoginError
from checks.model import CheckOptions, Finding, Result, State, System, Target, now, worst
from checks.phases import Phases
from checks.queue import _blind, _listing, _reasons, _trend
from checks.queue._listing import Listing
from checks.text import visible
from checks.when import span

FINDINGS = (
    hosts.FINDINGS
    | _blind.FINDINGS
    | _reasons.FINDINGS
    | {
        "queue.old": "mail that can be delivered has waited for too long",
        "queue.growing": "ever more mail has come to wait in the last minutes",
        "queue.mail-system-down": "Postfix is down; its queue was read from the files",
        "queue.cut": "the listing did not come to its end: at least so many messages are there",
        "queue.unreadable-lines": "some messages could not be read, and are not counted",
        "queue.no-postfix": "this host has no Postfix",
    }
)

EVIDENCE = 3
"""Reasons that stand as evidence; the facts have more."""


class Options(CheckOptions, frozen=True, kw_only=True):
    """``[check.postfix]``: `oldest_…` in seconds, `growth_warning` in messages a minute.

    A listing of 100,000 messages costs the mail server 3 s of a processor: hence `rest`.
    `config_directory` names another instance, for ``postqueue -c``.
    """

    deadline: float = 30.0
    rest: float = 10.0
    oldest_warning: float = 3600.0
    oldest_critical: float = 14400.0
    growth_warning: float = 5.0
    config_directory: str = ""


class Seen(Struct, frozen=True, kw_only=True):
    """What was measured: `age` of the oldest deliverable mail in seconds, `growth` a minute."""

    facts: QueueFacts
    age: float | None = None
    growth: float | None = None
    is_down: bool = False
    unreadable: int = 0
    cut: str = ""


class Judged(Struct, frozen=True):
    """A finding, and the state that it means."""

    state: State
    finding: Finding


def targets(system: System) -> list[Target]:
    """Every host that lets us in, and that has Postfix or may have it."""
    reachable = system.each_host("queue", with_login=True)
    return [one for one in reachable if one.host and one.host.mta in ("postfix", "")]


async def check(target: Target, options: Options, *, deadline: float) -> Result:
    """List the queue once and add it up."""
    phases = Phases()
    where = options.config_directory
    argv = ["postqueue", *(["-c", where] if where else []), "-j"]
    try:
        login = _login(target)
        with phases.phase("list"):
            listing = await _listing.read(login, argv, deadline=deadline)
    except LoginError as error:
        text = visible(str(error))
        return phases.result(State.UNKNOWN, text, Finding(error.code, text))
    blind = _blind.why_blind(listing.output, listing.tally, where)
    if blind is None:
        return _result(phases, _seen(listing, target.id), options)
    if blind.code == _blind.MISSING and target.host and not target.host.mta:
        return phases.result(State.OK, "no Postfix here", Finding("queue.no-postfix"))
    finding = Finding(blind.code, blind.summary)
    return phases.result(State.UNKNOWN, blind.summary, finding, mend=blind.mend)


def _login(target: Target) -> Login:
    if target.host is None or target.host.login is None:
        raise LoginError(f"{target.name} has no login")
    return target.host.login


def _seen(listing: Listing, target: str) -> Seen:
    tally, age, growth = listing.tally, None, None
    if tally.oldest is not None:
        # Not before it arrived, whatever the host's clock has done since.
        age = max(0.0, time.time() + listing.ahead - tally.oldest)
    facts = QueueFacts(
        active=tally.queues["active"],
        deferred=tally.queues["deferred"],
        hold=tally.queues["hold"],
        # Mail in maildrop waits for the same: to be taken in.
        incoming=tally.queues["incoming"] + tally.queues["maildrop"],
        oldest=None if age is None else now() - timedelta(seconds=age),
        reasons=tally.reasons(),
        senders=tally.senders(),
        domains=tally.domains(),
    )
    cut = listing.cut or _blind.why_cut(listing.output)
    if not cut:
        growth = _trend.note(target, time.monotonic(), facts.total - facts.hold)
    return Seen(
        facts=facts,
        age=age,
        growth=growth,
        is_down=_blind.DOWN_WARNING in listing.output.stderr,
        unreadable=tally.unreadable,
        cut=cut,
    )


def judge(seen: Seen, options: Options) -> list[Judged]:
    """What is wrong, and what is known to be incomplete."""
    judged = []
    if seen.is_down:
        text = "Postfix is down; its queue was read from the files"
        judged.append(Judged(State.WARNING, Finding("queue.mail-system-down", text)))
    if seen.age is not None and seen.age >= options.oldest_warning:
        is_critical = seen.age >= options.oldest_critical
        text = f"mail waits for {span(seen.age)}"
        state = State.CRITICAL if is_critical else State.WARNING
        judged.append(Judged(state, Finding("queue.old", text)))
    if seen.growth is not None and seen.growth >= options.growth_warning:
        text = f"grows by {seen.growth:.0f} messages a minute"
        judged.append(Judged(State.WARNING, Finding("queue.growing", text)))
    if seen.cut:
        text = f"at least {seen.facts.total:,} messages; the listing was cut: {seen.cut}"
        judged.append(Judged(State.UNKNOWN, Finding("queue.cut", text)))
    if seen.unreadable:
        text = f"{seen.unreadable:,} messages could not be read"
        judged.append(Judged(State.OK, Finding("queue.unreadable-lines", text)))
    return sorted(judged, key=lambda one: -one.state.badness)


def _result(phases: Phases, seen: Seen, options: Options) -> Result:
    judged, facts = judge(seen, options), seen.facts
    findings = [one.finding for one in judged] + _why(facts)
    return phases.result(
        worst(one.state for one in judged),
        "; ".join([*(one.finding.text for one in judged), in_words(seen)]),
        *findings,
        metrics={
            "active": float(facts.active),
            "deferred": float(facts.deferred),
            "hold": float(facts.hold),
            "incoming": float(facts.incoming),
            "oldest_seconds": seen.age or 0.0,
        },
        evidence=tuple(finding.text for finding in _why(facts)[:EVIDENCE]),
        facts=facts,
    )


def in_words(seen: Seen) -> str:
    """How many messages are where, and what most of them wait for."""
    facts = seen.facts
    counts = {
        "active": facts.active,
        "deferred": facts.deferred,
        "incoming": facts.incoming,
        "on hold": facts.hold,
    }
    words = ", ".join(f"{count:,} {where}" for where, count in counts.items() if count)
    if not words:
        return "queue is empty"
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
