"""4 Config: what changed on the hosts; what preceded the onset stands on top."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from msgspec.structs import replace

from checks.board import Board, Standing
from checks.changed import baseline_words, listed
from checks.facts import ChangeFacts, DriftFacts
from checks.model import State
from widgets.change_rows import change_entry, wrong_entries
from widgets.columns import Column
from widgets.entry import Entry
from widgets.panel import Panel, is_shut_out
from widgets.state import MARKS
from widgets.text import Row, Span, row


class Config(Panel):
    """A row for each change, with the first lines of its diff."""

    NUMBER = 4
    TITLE = "Config"
    KINDS = ("config", "changes", "records", "restart")
    HAS_DIFFS = True
    EMPTY = "no host has a login: no configuration is watched"
    COLUMNS = (
        Column(title="WHEN", priority=1, least=12),
        Column(title="HOST", priority=2, least=5, is_flexible=True),
        Column(title="WHAT CHANGED", priority=0, least=10, is_flexible=True),
    )

    def entries(self, board: Board, at: datetime) -> list[Entry]:
        """What is wrong now, then each change, as far from the onset as it was."""
        standings = board.of_kinds(*self.KINDS)
        wrong = [entry for standing in standings for entry in wrong_entries(standing)]
        changes = listed(standings, self.onset)
        found = (change_entry(change, self.onset or at) for change in changes)
        return [*wrong, *_told_apart(found)]

    def below(self, board: Board, at: datetime) -> list[Row]:  # noqa: ARG002
        """What could not be compared, then what the baseline is."""
        standings = board.of_kinds(*self.KINDS)
        is_empty = all(standing.kind == "records" for standing in standings)
        empty = [row(Span(self.EMPTY, "dim"))] if is_empty else []
        return [*empty, *_could_not(standings), *_baseline(standings)]


def _told_apart(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Each with a key of its own: the same edit may be made twice, and two users log in at once."""
    counts: Counter[str] = Counter()
    for entry in entries:
        counts[entry.key] += 1
        yield replace(entry, key=f"{entry.key}#{counts[entry.key]}")


def _could_not(standings: list[Standing]) -> list[Row]:
    rows = []
    for standing in standings:
        result = standing.result
        if result is None or is_shut_out(standing):
            continue
        name = standing.host.name if standing.host else standing.target.name
        shown = MARKS[result.state]
        facts = result.facts
        if not isinstance(facts, DriftFacts | ChangeFacts):
            if result.state != State.UNKNOWN:
                continue  # what is wrong stands above
            rows.append(row(Span(f"{shown.glyph} {name}  {result.summary}", shown.role)))
        elif isinstance(facts, ChangeFacts):
            rows += [row(Span(f"! {name}  not seen: {gap}", "warn")) for gap in facts.unseen]
        elif facts.unreadable:
            text = f"{len(facts.unreadable)} not readable: {', '.join(facts.unreadable[:3])}"
            rows.append(row(Span(f"! {name}  {text}", "warn")))
        if result.mend:
            rows.append(row(Span("  mend: ", "dim"), Span(result.mend, "key")))
    return rows


def _baseline(standings: list[Standing]) -> list[Row]:
    """The newest baseline, and how far back the list reaches."""
    found = [one.result.facts for one in standings if one.result]
    facts = [one for one in found if isinstance(one, DriftFacts)]
    if not facts:
        return []
    oldest = min(one.baseline_at for one in facts).astimezone(UTC)
    watched = sum(one.watched for one in facts)
    files = f"{watched:,} file{'' if watched == 1 else 's'} watched"
    good = [one.good for one in facts if one.good and one.good.at > oldest]
    newest = f" · {baseline_words(max(good, key=lambda one: one.at))}" if good else ""
    return [row(Span(f"baseline {oldest:%a %d %b %H:%MZ} · {files}{newest}", "dim"))]
