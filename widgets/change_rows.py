"""What changed on all hosts, as rows: what preceded the onset on top, the latest first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from checks.board import Standing
from checks.facts import Change, ChangeFacts, DriftFacts, FileChange
from widgets.entry import Entry
from widgets.figures import brief
from widgets.panel import cells
from widgets.text import Row, Span, row

SOON = 3600.0
"""Seconds before the onset (or now) within which a change is suspect."""

DAY = 86400.0

GLANCE = 3
"""Lines of evidence that are shown below a change without opening it."""

SAME = 2.0
"""Seconds: an effective setting that changed with a file is told with the file."""


def change_entries(
    standings: Iterable[Standing], onset: datetime | None, at: datetime
) -> list[Entry]:
    """A row for each change. Distances count from the onset, or from now while there is none."""
    hosts: dict[str, list[Standing]] = {}
    for standing in standings:
        hosts.setdefault(standing.host.name if standing.host else "", []).append(standing)
    found = [one for name, own in hosts.items() for one in _of_host(name, own, onset or at)]
    return [entry for _, entry in sorted(found, key=lambda one: _place(one[0], onset))]


def _place(when: float, onset: datetime | None) -> tuple[int, float]:
    """What came after the onset did not bring it about; what came a day before hardly did."""
    before = onset.timestamp() - when if onset is not None else 0.0
    return 1 if before < 0 else 2 if before > DAY else 0, -when


def _of_host(
    host: str, standings: list[Standing], since: datetime
) -> Iterator[tuple[float, Entry]]:
    """The rows of one host, each with its time."""
    files: list[tuple[Standing, FileChange]] = []
    others: list[tuple[Standing, Change]] = []
    for standing in standings:
        facts = standing.result.facts if standing.result else None
        if isinstance(facts, DriftFacts):
            files += [(standing, change) for change in facts.changes]
        elif isinstance(facts, ChangeFacts):
            others += [(standing, change) for change in facts.changes]
    for standing, file in files:
        effect = [change for _, change in others if _is_effect(change, file)]
        yield (file.at.timestamp() if file.at else 0.0), _file(host, standing, file, effect, since)
    for standing, change in others:
        if not any(_is_effect(change, file) for _, file in files):
            yield _time(change, since), _change(host, standing, change, since)


def _is_effect(change: Change, file: FileChange) -> bool:
    """Whether it is an effective setting that changed when the file did."""
    if change.kind != "parameter" or change.after is not None or file.at is None:
        return False
    return abs((change.at - file.at).total_seconds()) < SAME


def _time(change: Change, since: datetime) -> float:
    """When it was; what may have been before the onset as well as after counts as just before."""
    may_precede = change.after is not None and change.after < since < change.at
    return (since if may_precede else change.at).timestamp()


def _file(
    host: str, standing: Standing, file: FileChange, effect: list[Change], since: datetime
) -> Entry:
    lines = f"+{file.added} −{file.removed}" if file.kind == "changed" else file.kind
    diff = tuple(row(Span(line, _diff_role(line))) for line in file.diff if not _is_head(line))
    effective = tuple(row(Span("effective: ", "dim"), change.text) for change in effect)
    return Entry(
        key=f"{host}:{file.path}",
        cells=cells(_when(file.at, None, since), host, row(file.path, Span(f"  {lines}", "dim"))),
        standings=(standing,),
        more=(*effective, *diff),
        glance=tuple(line for line in diff if line[0].role != "dim")[:GLANCE],
    )


def _change(host: str, standing: Standing, change: Change, since: datetime) -> Entry:
    who = f"  by {change.who}" if change.who else ""
    diff = tuple(row(Span(line, _diff_role(line))) for line in change.diff if not _is_head(line))
    how = (row(Span("by the command ", "dim"), change.how),) if change.how else ()
    known = (row(Span("some time after ", "dim"), _stamp(change.after)),) if change.after else ()
    return Entry(
        key=f"{host}:{change.kind}:{change.what}:{change.at.isoformat()}",
        cells=cells(
            _when(change.at, change.after, since),
            host,
            row(Span(f"{change.kind} ", "dim"), change.text, Span(who, "dim")),
        ),
        standings=(standing,),
        more=(*known, *how, *diff),
        glance=tuple(line for line in diff if line[0].role != "dim")[:GLANCE],
    )


def _is_head(line: str) -> bool:
    return line.startswith(("--- ", "+++ ", "@@"))


def _diff_role(line: str) -> str:
    return {"+": "add", "-": "remove"}.get(line[:1], "dim")


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%a %d %b %H:%M:%SZ}"


def _when(at: datetime | None, after: datetime | None, since: datetime) -> Row:
    """``03:01  −3m``: when, and how long before (or after) the onset; ``≤`` where looks tell it."""
    if at is None:
        return row(Span("unknown", "dim"))
    distance = (since - at).total_seconds()
    sign = "−" if distance >= 0 else "+"
    stamp = at.astimezone(UTC).strftime("%H:%M" if abs(distance) < DAY else "%d %b")
    is_open = after is not None and after < since < at
    told = "−?" if is_open else f"{sign}{brief(abs(distance))}"
    mark = "≤" if after is not None else ""
    return row(Span(f"{mark}{stamp}  {told}", "warn" if abs(distance) < SOON or is_open else ""))
