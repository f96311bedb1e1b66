"""4 Config: what differs from each host's baseline, the latest change first."""

from __future__ import annotations

from datetime import UTC, datetime

from checks.board import Board, Standing
from checks.facts import DriftFacts, FileChange
from widgets.columns import Column
from widgets.entry import Entry
from widgets.figures import brief
from widgets.panel import Panel, by_host, cells, is_shut_out
from widgets.state import MARKS
from widgets.text import Row, Span, row

SOON = 3600.0
"""Seconds before the onset (or now) within which a change is suspect."""

DAY = 86400.0

GLANCE = 3
"""Changed lines that are shown below a file without opening it."""


class Config(Panel):
    """A row for each changed file, with the first lines of its diff."""

    NUMBER = 4
    TITLE = "Config"
    KINDS = ("config",)
    EMPTY = "no host has a login: no configuration is watched"
    COLUMNS = (
        Column(title="WHEN", priority=1, least=12),
        Column(title="HOST", priority=2, least=5, is_flexible=True),
        Column(title="LINES", priority=3, least=5),
        Column(title="WHAT CHANGED", priority=0, least=10, is_flexible=True),
    )

    def entries(self, board: Board, at: datetime) -> list[Entry]:
        """A row for each change; distances count from the onset while there is one."""
        found: list[tuple[float, Entry]] = []
        for name, standings in by_host(board.of_kinds(*self.KINDS)).items():
            for standing in standings:
                facts = standing.result.facts if standing.result else None
                if isinstance(facts, DriftFacts):
                    found += [
                        (_when(change), _entry(name, standing, change, self.onset or at))
                        for change in facts.changes
                    ]
        return [entry for _, entry in sorted(found, key=lambda one: -one[0])]

    def below(self, board: Board, at: datetime) -> list[Row]:  # noqa: ARG002
        """What could not be compared, then what the baseline is."""
        standings = board.of_kinds(*self.KINDS)
        return [*_could_not(standings), *_baseline(standings)]


def _when(change: FileChange) -> float:
    return change.at.timestamp() if change.at else 0.0


def _entry(host: str, standing: Standing, change: FileChange, since: datetime) -> Entry:
    lines = f"+{change.added} −{change.removed}" if change.kind == "changed" else change.kind
    diff = tuple(row(Span(line, _diff_role(line))) for line in change.diff if not _is_head(line))
    return Entry(
        key=f"{host}:{change.path}",
        cells=cells(_when_cell(change.at, since), host, lines, change.path),
        standings=(standing,),
        more=diff,
        glance=tuple(line for line in diff if line[0].role != "dim")[:GLANCE],
    )


def _is_head(line: str) -> bool:
    return line.startswith(("--- ", "+++ ", "@@"))


def _diff_role(line: str) -> str:
    return {"+": "add", "-": "remove"}.get(line[:1], "dim")


def _when_cell(changed: datetime | None, since: datetime) -> Row:
    """``03:01  −3m``: when, and how long before (or after) the onset."""
    if changed is None:
        return row(Span("unknown", "dim"))
    distance = (since - changed).total_seconds()
    sign = "−" if distance >= 0 else "+"
    stamp = changed.astimezone(UTC).strftime("%H:%M" if abs(distance) < DAY else "%d %b")
    return row(
        Span(f"{stamp}  {sign}{brief(abs(distance))}", "warn" if abs(distance) < SOON else "")
    )


def _could_not(standings: list[Standing]) -> list[Row]:
    rows = []
    for standing in standings:
        result = standing.result
        if result is None or is_shut_out(standing):
            continue
        name = standing.host.name if standing.host else standing.target.name
        shown = MARKS[result.state]
        facts = result.facts
        if not isinstance(facts, DriftFacts):
            rows.append(row(Span(f"{shown.glyph} {name}  {result.summary}", shown.role)))
        elif facts.unreadable:
            text = f"{len(facts.unreadable)} not readable: {', '.join(facts.unreadable[:3])}"
            rows.append(row(Span(f"! {name}  {text}", "warn")))
        if result.mend:
            rows.append(row(Span("  mend: ", "dim"), Span(result.mend, "key")))
    return rows


def _baseline(standings: list[Standing]) -> list[Row]:
    found = [one.result.facts for one in standings if one.result]
    facts = [one for one in found if isinstance(one, DriftFacts)]
    if not facts:
        return []
    oldest = min(one.baseline_at for one in facts).astimezone(UTC)
    watched = sum(one.watched for one in facts)
    files = f"{watched:,} file{'' if watched == 1 else 's'} watched"
    return [row(Span(f"baseline {oldest:%a %d %b %H:%MZ} · {files}", "dim"))]
