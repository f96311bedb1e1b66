"""Which of a host's baselines its present is compared with, and when the next is taken: pure.

1. While the verdict has been healthy for an hour and no incident is open, what has stood unchanged
   for that hour counts as good: a new version of the baseline. What broke at once, or held mail up
   until retries fail, shows within an hour; what is younger waits, and keeps nothing else waiting.
2. That proves nothing against a slow fault (a limit, a certificate's end), so it hides nothing: the
   list reaches from the last version older than `WINDOW` over each later one to the present.
3. The window is counted back from when the host was last seen healthy, not from now: during an
   outage nothing drops out of the list, however long it lasts.
4. A version that a person takes is that person's word: what was before it is listed no more.
5. Versions share the copies that are alike. The two ends of the list always stay; of too many, two
   neighbours are made one, whose changes are then told together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from checks.drift._copy import TEXT_LIMIT, Copy
from checks.facts import BY_ITSELF, BY_PERSON, Good

WINDOW = timedelta(days=3)
"""What an operator looks back at before the onset; the logs are read as far back."""

SETTLED = timedelta(hours=1)
"""Twelve of Postfix' first retries (``minimal_backoff_time``), and several trips of test mail."""

FRESH = timedelta(minutes=5)
"""How old the word that all is healthy may be: who gave it may hang."""

AGAIN = timedelta(hours=1)
"""How often it is written that a version is still healthy."""

VERSIONS_KEPT = 24

TEXTS_KEPT = 2 * TEXT_LIMIT
"""Characters of all different texts: two versions that have nothing in common."""


class Moments(Struct, frozen=True):
    """Since when a section was seen so, and when it was last seen otherwise."""

    first: datetime
    before: datetime


class Baseline(Struct, frozen=True, kw_only=True):
    """What was watched of a host and counted as good, taken at `at` by `by` (`checks.facts.Good`).

    `healthy_at` is when mail was last healthy with it. Of sections: since when they were so, and of
    those that had changed too lately to count, when they were last seen as they are here.
    """

    at: datetime
    watched: tuple[str, ...]
    files: dict[str, Copy]
    by: str = ""
    healthy_at: datetime | None = None
    moments: dict[str, Moments] = {}
    unsettled: dict[str, datetime] = {}

    @property
    def last(self) -> datetime:
        """When it is last known to have been in force."""
        return self.healthy_at or self.at


Versions = tuple[Baseline, ...]
"""The oldest first."""


class Health(Struct, frozen=True):
    """Since when all is healthy without a break, and when that was last seen."""

    since: datetime
    seen: datetime


def is_lasting(health: Health | None, at: datetime) -> bool:
    """Whether what stands unchanged for an hour may count as good now."""
    if health is None or not timedelta(0) <= at - health.seen < FRESH:
        return False
    return health.seen - health.since >= SETTLED


def compared(versions: Versions) -> Versions:
    """From which version on changes are listed: the last one from before the window, and later."""
    start = max((n for n, one in enumerate(versions) if one.by == BY_PERSON), default=0)
    begin = versions[-1].last - WINDOW
    for number in range(start, len(versions)):
        if versions[number].at <= begin:
            start = number
    return versions[start:]


def good_of(versions: Versions) -> Good:
    """The newest of them as it is told."""
    newest = versions[-1]
    return Good(newest.at, newest.by, newest.healthy_at)


def settled(
    versions: Versions,
    ripe: Mapping[str, Copy | None],
    at: datetime,
    *,
    moments: Mapping[str, Moments] | None = None,
    unsettled: Mapping[str, datetime] | None = None,
) -> Versions:
    """`versions` after what is `ripe` counts as good; the same object where nothing is to be kept.

    None stands for what is gone.
    """
    newest = versions[-1]
    good = replace(newest, healthy_at=at, unsettled=dict(unsettled or {}))
    if not ripe:
        told = newest.healthy_at  # in the future: our clock has been put back since
        is_due = told is None or not timedelta(0) <= at - told < AGAIN
        return (*versions[:-1], good) if is_due else versions
    merged = {**newest.files, **ripe}
    files = {name: copy for name, copy in merged.items() if copy is not None}
    new = replace(
        good, at=at, by=BY_ITSELF, files=files, moments={**newest.moments, **(moments or {})}
    )
    return pruned((*versions, new))


def pruned(versions: Versions) -> Versions:
    """As many as are kept: the first that is compared with, the newest, and what fits."""
    while len(versions) > 1 and (len(versions) > VERSIONS_KEPT or _size_of(versions) > TEXTS_KEPT):
        needed = compared(versions)
        if len(needed) < len(versions):
            versions = versions[1:]  # history from before the window
        elif len(versions) == 2:
            break
        else:
            drop = min(range(1, len(versions) - 1), key=lambda n: _span_of(versions, n))
            versions = versions[:drop] + versions[drop + 1 :]
    return versions


def _span_of(versions: Versions, number: int) -> timedelta:
    """Over which time changes are told together when that version is left out."""
    return versions[number + 1].at - versions[number - 1].at


def _size_of(versions: Sequence[Baseline]) -> int:
    copies = {id(copy): copy for one in versions for copy in one.files.values()}
    return sum(len(copy.text or "") for copy in copies.values())
