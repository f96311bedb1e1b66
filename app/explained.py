"""Why the verdict is what it is, as labelled lines: severity, what shows it, whom it hits. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks.model import Verdict

NAMED = 12
"""Most names in a line: whoever needs all of them has ``status --json``."""


def explained(verdict: Verdict) -> Iterator[tuple[str, str]]:
    """A label and a text for each thing that is known; nothing while all is well."""
    if verdict.reason:
        yield "severity", verdict.reason
    if verdict.rests_on:
        yield "shown by", _listed(verdict.rests_on)
    if verdict.reason and verdict.scope.affected:
        yield "hit", _listed(verdict.scope.affected)
    if verdict.scope.unaffected:
        yield "not hit", _listed(verdict.scope.unaffected)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
