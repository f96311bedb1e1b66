"""Everything that changed on all hosts as one list; what preceded the onset on top. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from checks.board import Standing
from checks.facts import (
    BY_ITSELF,
    BY_PERSON,
    Change,
    ChangeFacts,
    DriftFacts,
    FileChange,
    Good,
)

KINDS = ("config", "changes", "records")
"""The checks whose facts are listed."""

DAY = 86400.0

SAME = 2.0
"""Seconds: an effective setting that changed with a file is told with the file."""


NEAR = timedelta(minutes=10)
"""Who used sudo within that time before a change is likely to have made it."""


class Changed(Struct, frozen=True, kw_only=True):
    """One change, and the check that found it.

    `at` and `after` as `checks.facts.Change` has them, `at` None where nobody knows. `what` is the
    change itself and `more` what goes with it (lines added and removed, by whom); `notes` are what
    is known besides, `diff` the lines that differ.
    """

    host: str
    kind: str
    what: str
    at: datetime | None
    after: datetime | None
    standing: Standing
    more: str = ""
    notes: tuple[str, ...] = ()
    diff: tuple[str, ...] = ()

    def may_precede(self, onset: datetime) -> bool:
        """Whether it may have been before the onset as well as after it."""
        return self.after is not None and self.at is not None and self.after < onset < self.at


def listed(standings: Iterable[Standing], onset: datetime | None) -> list[Changed]:
    """What `standings` tell of, the first suspects first."""
    hosts: dict[str, list[Standing]] = {}
    for standing in standings:
        name = standing.host.name if standing.host else standing.target.name
        hosts.setdefault(name, []).append(standing)
    found = [one for host, own in hosts.items() for one in _of_host(host, own)]
    return sorted(found, key=lambda one: _place(one, onset))


def likely(told: Iterable[Change], begin: datetime, end: datetime) -> str:
    """Who made what changed between `begin` and `end`: the only one who had root just then."""
    near = {
        one.who
        for one in told
        if (one.kind == "sudo" or (one.kind == "login" and one.who == "root"))
        and begin - NEAR <= one.at <= end + timedelta(seconds=5)
    }
    return near.pop() if len(near) == 1 else ""


def _place(one: Changed, onset: datetime | None) -> tuple[int, float]:
    """What came after the onset did not bring it about; what came a day before hardly did."""
    if one.at is None:
        return 2, 0.0
    if onset is None:
        return 0, -one.at.timestamp()
    at = onset if one.may_precede(onset) else one.at
    before = (onset - at).total_seconds()
    return 1 if before < 0 else 2 if before > DAY else 0, -at.timestamp()


def _of_host(host: str, standings: list[Standing]) -> Iterator[Changed]:
    files: list[tuple[Standing, FileChange]] = []
    others: list[tuple[Standing, Change]] = []
    for standing in standings:
        facts = standing.result.facts if standing.result else None
        if isinstance(facts, DriftFacts):
            files += [(standing, change) for change in facts.changes]
        elif isinstance(facts, ChangeFacts):
            others += [(standing, change) for change in facts.changes]
    for standing, file in files:
        effects = [change for _, change in others if _is_effect(change, file)]
        counts = f"+{file.added} −{file.removed}" if file.kind == "changed" else file.kind
        who = likely([change for _, change in others], file.at, file.at) if file.at else ""
        yield Changed(
            host=host,
            kind="file",
            what=file.path,
            at=file.at,
            after=None,
            standing=standing,
            more=f"{counts}  by {who}" if who else counts,
            notes=(*(note for change in effects for note in _effect(change)), *_good(file)),
            diff=file.diff,
        )
    for standing, change in others:
        if not any(_is_effect(change, file) for _, file in files):
            yield Changed(
                host=host,
                kind="package" if change.kind == "hold" else change.kind,
                what=change.text,
                at=change.at,
                after=change.after,
                standing=standing,
                more=f"by {change.who}" if change.who else "",
                notes=(*_notes(change), *_good(change)),
                diff=change.diff,
            )


def _is_effect(change: Change, file: FileChange) -> bool:
    """Whether it is an effective setting that changed when the file did."""
    if change.kind != "parameter" or change.after is not None or file.at is None:
        return False
    return abs((change.at - file.at).total_seconds()) < SAME


def _effect(change: Change) -> tuple[str, ...]:
    return f"effective: {change.text}", *_notes(change)


def _notes(change: Change) -> tuple[str, ...]:
    how = (f"by the command {change.how}",) if change.how else ()
    return (f"{change.what}: {change.about}", *how) if change.about else how


def _good(change: Change | FileChange) -> tuple[str, ...]:
    if change.good_since is None:
        return ()
    return (f"in the baseline of {_moment(change.good_since)}: mail was healthy with it by then",)


def baseline_words(good: Good) -> str:
    """What the newest baseline of a host is, by whom, and when mail was last healthy with it.

    >>> baseline_words(Good(datetime(2026, 11, 29, 4, 10, tzinfo=UTC), BY_ITSELF))
    'baseline of 29 Nov 04:10Z, taken by itself while healthy'
    """
    who = {
        BY_ITSELF: "taken by itself while healthy",
        BY_PERSON: "taken by `mailmedic baseline`",
    }.get(good.by, "taken at the first look")
    healthy = f", last seen healthy {_moment(good.healthy_at)}" if good.healthy_at else ""
    return f"baseline of {_moment(good.at)}, {who}{healthy}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%d %b %H:%MZ}"
