"""The latest result of every check, with ten minutes of history: an immutable value.

The one thing that panels, diagnosis and log read. The monitor makes new boards; nobody changes one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from checks.model import Host, Result, State, Target

HISTORY = timedelta(minutes=10)

TURNS_KEPT = 200


class Point(Struct, frozen=True):
    """One earlier result, in short."""

    at: datetime
    state: State
    duration: float
    metrics: dict[str, float]


class Standing(Struct, frozen=True, kw_only=True):
    """How one check stands.

    `state` is the hard state, which verdicts rest on: None until the first is confirmed. While
    `tries` tries in a row disagree with it the latest `result` is soft. `since` is the first of the
    results that made the hard state, i.e. the onset and not the confirmation; `confirmed` is the
    latest that agrees with it. `interval`, `rest` and the thresholds are those of `CheckOptions`.
    """

    kind: str
    target: Target
    interval: float
    rest: float = 0.0
    failure_threshold: int = 3
    success_threshold: int = 2
    result: Result | None = None
    confirmed: Result | None = None
    state: State | None = None
    since: datetime | None = None
    tries: int = 0
    tries_state: State | None = None
    tries_since: datetime | None = None
    history: tuple[Point, ...] = ()

    @property
    def id(self) -> str:
        """The check's id, e.g. ``smtp/mail1:25``."""
        return self.target.id

    @property
    def host(self) -> Host | None:
        """The host that the check is about, if it is about one."""
        return self.target.host

    @property
    def is_soft(self) -> bool:
        """Whether the latest result is not confirmed yet."""
        return self.tries > 0

    def age(self, at: datetime) -> float | None:
        """Seconds since the latest answer; None before the first."""
        if self.result is None:
            return None
        return max(0.0, (at - self.result.at).total_seconds() - self.result.duration)

    def is_stale(self, at: datetime) -> bool:
        """Whether the latest answer is older than two intervals, and a costly check's rest."""
        age = self.age(at)
        interval = max(self.interval, self.rest * self.result_duration)
        return age is not None and age > 2 * interval + self.result_duration

    @property
    def result_duration(self) -> float:
        """How long the latest run took, in seconds."""
        return self.result.duration if self.result else 0.0

    def take(self, result: Result) -> Standing:
        """This standing after one more result."""
        horizon = result.at - HISTORY
        point = Point(result.at, result.state, result.duration, result.metrics)
        kept = tuple(old for old in self.history if old.at >= horizon)
        taken = replace(self, result=result, history=(*kept, point))
        if result.state == self.state:
            return replace(taken, confirmed=result, tries=0, tries_state=None, tries_since=None)
        return _try_again(taken, result)


def _try_again(standing: Standing, result: Result) -> Standing:
    """Count a result that disagrees with the hard state; make it hard when there were enough.

    Different failures in a row (refused, then timed out) count together: what matters is that
    none was OK. The first of them is the onset.
    """
    is_same_run = standing.tries > 0 and (standing.tries_state == State.OK) == (
        result.state == State.OK
    )
    tries = standing.tries + 1 if is_same_run else 1
    since = standing.tries_since if is_same_run else result.at
    needed = standing.failure_threshold
    if result.state == State.OK:
        needed = 1 if standing.state is None else standing.success_threshold
    if tries < needed:
        return replace(standing, tries=tries, tries_state=result.state, tries_since=since)
    stays_bad = standing.state not in (None, State.OK) and result.state != State.OK
    return replace(
        standing,
        confirmed=result,
        state=result.state,
        since=standing.since if stays_bad else since,
        tries=0,
        tries_state=None,
        tries_since=None,
    )


class Turn(Struct, frozen=True):
    """A check whose hard state changed."""

    at: datetime
    check: str
    before: State | None
    after: State
    summary: str


class Board(Struct, frozen=True, kw_only=True):
    """How every check stands, by id, and the latest turns."""

    system: str
    at: datetime
    standings: dict[str, Standing]
    turns: tuple[Turn, ...] = ()

    def take(self, check_id: str, result: Result, at: datetime) -> Board:
        """This board after one more result."""
        before = self.standings[check_id]
        after = before.take(result)
        turns = self.turns
        if after.state is not None and after.state != before.state:
            is_first_ok = before.state is None and after.state == State.OK
            if not is_first_ok:
                turn = Turn(at, check_id, before.state, after.state, result.summary)
                turns = (*turns, turn)[-TURNS_KEPT:]
        standings = {**self.standings, check_id: after}
        return replace(self, at=at, standings=standings, turns=turns)

    def of_kinds(self, *kinds: str) -> list[Standing]:
        """The standings of those kinds of check, in the order of the config."""
        return [standing for standing in self.standings.values() if standing.kind in kinds]
