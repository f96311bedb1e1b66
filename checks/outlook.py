"""What will become of a queue, in words: when it is empty, and when its senders begin to notice."""

from __future__ import annotations

from datetime import datetime

from checks.facts import AGES, QueueFacts
from checks.when import span


def outlook(facts: QueueFacts, at: datetime) -> tuple[str, ...]:
    """What is known of it at that time, each in a few words; nothing of an empty queue."""
    if not facts.total - facts.hold:
        return ()
    return (*_drain(facts), *_notices(facts, at), *_retry(facts))


def _drain(facts: QueueFacts) -> tuple[str, ...]:
    if facts.arrivals is None or facts.departures is None:
        return ()
    rates = f"{facts.arrivals:.0f}/min come, {facts.departures:.0f}/min go"
    left = facts.drained_in
    return (rates if left is None else f"{rates}: empty in {span(left)}",)


def _notices(facts: QueueFacts, at: datetime) -> tuple[str, ...]:
    """When the oldest mail makes itself felt: a delay notice, then its return."""
    if facts.oldest is None or facts.patience is None:
        return ()
    age = (at - facts.oldest).total_seconds()
    said = []
    for what, limit in (
        ("delay notice", facts.patience.delay_notice),
        ("bounce", facts.patience.lifetime),
    ):
        if limit is None:
            continue
        if age < limit:
            said.append(f"first {what} in {span(limit - age)}")
        else:
            said.append(f"{what}s go out since {span(age - limit)}")
    return tuple(said)


def _retry(facts: QueueFacts) -> tuple[str, ...]:
    if facts.patience is None or facts.patience.retry is None:
        return ()
    return (f"each is tried again within {span(facts.patience.retry)}",)


def by_age(facts: QueueFacts) -> tuple[tuple[str, int], ...]:
    """How many messages are how old; each bucket begins where the one before it ends.

    >>> by_age(QueueFacts(ages=(3, 0, 1, 0, 0, 0, 0, 0, 0, 2)))[:3]
    (('5m', 3), ('10m', 0), ('20m', 1))
    """
    names = [f"{minutes}m" for minutes in AGES]
    return tuple(zip([*names, f"{AGES[-1]}m+"], facts.ages, strict=False))
