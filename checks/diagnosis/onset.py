"""Since when, where a host knows of it from before our first look: by its units or log. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from checks.board import Board, Standing
from checks.diagnosis.effects import effect_of, is_over
from checks.facts import LogFacts, UnitFacts

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
    found = [
        Onset(at, one)
        for one in board.standings.values()
        for program, at in _told(one)
        if (one.host, program) in wanted and seen - NIGHT <= at < seen
    ]
    return min(found, key=lambda one: one.at, default=Onset(seen))


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
