"""What differs between a baseline and a view: pure."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from checks.drift._copy import Copy
from checks.facts import FileChange
from checks.text import visible

LINES_KEPT = 200
"""Lines kept of one file's diff."""

DIFFS_KEPT = 100
"""Changed files of which the diff is kept; of the others only that they changed."""

WORK_LIMIT = 4_000_000
"""Pairs of lines that difflib may look at; it takes quadratic time over what differs."""

Pair = tuple[Copy | None, Copy | None]


def differences(before: dict[str, Copy], after: dict[str, Copy]) -> dict[str, Pair]:
    """The files that differ, each as it was and as it is, by label.

    A file that cannot be read now, or could not then, is not known to differ.
    """
    changed: dict[str, Pair] = {}
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if old is new or (old and new and is_same(old, new)):
            continue
        changed[name] = (old, new)
    return dict(sorted(changed.items()))


def is_same(old: Copy, new: Copy) -> bool:
    """Whether two copies are of the same content and access, as far as is known."""
    is_known = bool(old.digest and new.digest)
    return old.access == new.access and (not is_known or old.digest == new.digest)


def is_watched(name: str, watched: Sequence[str]) -> bool:
    """Whether a file lies under one of those paths or glob patterns."""
    return any(
        fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern.rstrip('/')}/*")
        for pattern in watched
    )


def change(name: str, pair: Pair, *, with_diff: bool = True) -> FileChange:
    """A file that differs, and how: harmless to show."""
    old, new = pair
    kind = "changed" if old and new else "added" if new else "removed"
    before, after = _lines(old), _lines(new)
    notes = []
    if before is None or after is None or not with_diff:
        notes = ["no diff is kept of it"]
        before = after = []
    elif before == after and old and new and old.digest != new.digest:
        notes = ["only masked values differ"]
    if old and new and old.access != new.access:
        notes.append(f"access {old.access} -> {new.access}")
    added, removed, diff = _unified(before, after)
    return FileChange(
        path=visible(name),
        kind=kind,
        at=_time(new.mtime) if new else None,
        added=added,
        removed=removed,
        diff=tuple(visible(line) for line in (*notes, *diff)),
    )


def _lines(copy: Copy | None) -> list[str] | None:
    """The lines of a copy, none for a file that is not there; None when no text is kept."""
    if copy is None:
        return []
    return None if copy.text is None else copy.text.splitlines()


def _time(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):  # a file may claim any time
        return None


def _unified(before: list[str], after: list[str]) -> tuple[int, int, list[str]]:
    """Lines added, lines removed, and the unified diff, cut to what is kept.

    What is alike at both ends is left out beforehand, but for the three lines around a change.
    """
    head = _alike(before, after)
    tail = _alike(before[head:][::-1], after[head:][::-1])
    first, last = max(0, head - 3), max(0, tail - 3)
    old, new = before[first : len(before) - last], after[first : len(after) - last]
    if len(old) * len(new) > WORK_LIMIT:
        removed, added = Counter(old), Counter(new)
        note = "too much differs to show it line by line"
        return (added - removed).total(), (removed - added).total(), [note]
    lines = list(difflib.unified_diff(old, new, lineterm=""))[2:]
    diff = [_shift(line, first) if line.startswith("@@") else line for line in lines[:LINES_KEPT]]
    if len(lines) > LINES_KEPT:
        diff.append(f"… {len(lines) - LINES_KEPT} more lines")
    return (
        sum(line.startswith("+") for line in lines),
        sum(line.startswith("-") for line in lines),
        diff,
    )


def _alike(one: list[str], other: list[str]) -> int:
    """How many lines are the same, from the start on."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _shift(header: str, lines: int) -> str:
    """``@@ -1,4 +1,5 @@`` of a part that begins after so many lines."""
    return re.sub(r"(?<=[-+])\d+", lambda number: str(int(number[0]) + lines), header)
