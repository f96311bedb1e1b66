"""Since when, where a host knows of it from before our first look: by its units or log. Pure.

A host tells it by its own clock; `clock` knows how far that is from ours now, and by that it is put
right. What the clock was at the time nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from checks.board import Board, Standing
from checks.diagnosis.effects import effect_of, is_over
from checks.facts import ClockFacts, LogFacts, UnitFacts
from checks.model import Host
from checks.skew import NOISE

NIGHT = timedelta(hours=12)
"""How long before we saw it an outage may have begun: what fails in the evening is found in the
morning. What a host has said for longer stood beside mail that worked."""

TRANSPORT = ("postfix", "exim")
PROGRAMS = {
    **dict.fromkeys(("smtp", "submission", "smtps"), TRANSPORT),
    **dict.fromkeys(("imap", "imaps", "pop3", "pop3s", "sieve"), ("dovecot",)),
}
"""Whose trouble stops a service."""

ENDED = ("unit.failed", "unit.inactive", "unit.crash-loop")


class Onset(NamedTuple):
    """When it began, and the check that knows; None where that is the failing check itself."""

    at: datetime
    by: Standing | None = None


def onset(board: Board, failing: Sequence[Standing], seen: datetime) -> Onset:
    """When what was `seen` at that time of those services began."""
    wanted = {
        (one.host, program)
        for one in failing
        if one.host is not None
        for program in PROGRAMS.get(one.target.about, ())
    }
    ahead = _ahead(board)
    found = [
        Onset(at, one)
        for one in board.standings.values()
        for program, told in _told(one)
        if (one.host, program) in wanted
        and seen - NIGHT <= (at := _by_ours(told, ahead.get(one.host, 0.0))) < seen
    ]
    return min(found, key=lambda one: one.at, default=Onset(seen))


def _ahead(board: Board) -> dict[Host | None, float]:
    """The seconds that hosts' clocks were ahead of ours at the last look, where that is sure."""
    found: dict[Host | None, float] = {}
    for one in board.standings.values():
        for result in (one.confirmed, one.result):
            facts = result.facts if result else None
            if isinstance(facts, ClockFacts) and facts.ahead is not None:
                is_sure = abs(facts.ahead) > max(NOISE, facts.margin)
                found[one.host] = facts.ahead if is_sure else 0.0
    return found


def _by_ours(told: datetime, ahead: float) -> datetime:
    """That time by our clock; as it was told where there would be none."""
    try:
        return told - timedelta(seconds=ahead)
    except OverflowError:
        return told


def _told(standing: Standing) -> Iterator[tuple[str, datetime]]:
    """The programs that a host's units or log know to be in trouble, and since when."""
    result = standing.confirmed
    if result is None:
        return
    if isinstance(result.facts, UnitFacts):
        ended = {one.text.split(" ")[0] for one in result.findings if one.code in ENDED}
        for unit in result.facts.units:
            if unit.name in ended and unit.since is not None:
                yield unit.program, unit.since
    elif isinstance(result.facts, LogFacts):
        for kind in result.facts.kinds:
            effect = effect_of(kind.code)
            if effect and effect.over_by and not is_over(kind, effect, result.facts):
                yield kind.code.split(".")[1], kind.first
