"""The score as people read it: a line a fault, totals, and the same as SCORE.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tests.lab.score import Row

RECORD = Path(__file__).with_name("SCORE.md")

HEAD = ("fault", "verdict", "findings", "scope", "severity", "seconds", "false alarms", "cause")
WIDTHS = (27, 14, 10, 16, 11, 8, 13, 9)


def cells(row: Row) -> tuple[str, ...]:
    """A row's cells; what was wrong stands there as it was said."""
    if row.error:
        return (row.fault, "no row", *("" for _ in HEAD[2:]))
    return (
        row.fault,
        _mark(row.verdict, is_right=row.is_verdict_right),
        f"{row.expected - len(row.missing)}/{row.expected}" if row.expected else "",
        _mark(row.scope, is_right=row.is_scope_right),
        _mark(row.severity or "none", is_right=row.is_severity_right),
        "" if row.seconds is None else f"{row.seconds:.1f}",
        str(len(row.false_alarms) or ""),
        row.cause,
    )


def _mark(word: str, *, is_right: bool) -> str:
    return f"{'+' if is_right else '-'} {word}"


def line(texts: Sequence[str]) -> str:
    """A line of the table on a terminal."""
    padded = zip(texts, WIDTHS, strict=True)
    return "".join(f"{text:<{width}}" for text, width in padded).rstrip()


def totals(rows: Sequence[Row]) -> list[str]:
    """What it comes to."""
    judged = [row for row in rows if not row.error]
    seconds = sorted(row.seconds for row in judged if row.seconds is not None)
    expected = sum(row.expected for row in judged)
    found = expected - sum(len(row.missing) for row in judged)
    named = [row.cause for row in judged if row.cause]
    lines = [
        f"{len(judged)} of {len(rows)} faults judged",
        f"verdict right {sum(row.is_verdict_right for row in judged)}",
        f"findings present {found} of {expected}",
        f"scope right {sum(row.is_scope_right for row in judged)}",
        f"severity right {sum(row.is_severity_right for row in judged)}",
        f"false alarms {sum(len(row.false_alarms) for row in judged)}",
    ]
    if seconds:
        middle, most = seconds[len(seconds) // 2], seconds[-1]
        lines.append(f"seconds to a hard verdict: median {middle:.1f}, most {most:.1f}")
    if named:
        counts = ", ".join(
            f"{word} {named.count(word)}" for word in ("first", "top three", "missed")
        )
        lines.append(f"cause named: {counts}")
    return lines


def markdown(rows: Sequence[Row], at: datetime) -> str:
    """The table as SCORE.md has it."""
    judged = [f"- {text}" for text in totals(rows)]
    missing = sorted({code for row in rows for code in row.missing})
    failed = [f"- `{row.fault}`: {row.error}" for row in rows if row.error]
    alarms = [f"- `{row.fault}`: {', '.join(row.false_alarms)}" for row in rows if row.false_alarms]
    return "\n".join(
        [
            "# How mailmedic did in the outage lab",
            "",
            f"{at:%Y-%m-%d %H:%M}Z, by `make lab-score`, on {os.cpu_count()} cores,"
            f" {platform.system()} {platform.release()}; the figures as they came.",
            "`+` right, `-` wrong, with what mailmedic said. Findings: present of expected.",
            "Seconds: from the injection to the end of the first sweep that saw something (empty:",
            "neither of two did). The cause stays empty until there is a diagnosis.",
            "",
            *judged,
            "",
            f"| {' | '.join(HEAD)} |",
            f"|{' --- |' * len(HEAD)}",
            *(f"| {' | '.join(cells(row))} |" for row in rows),
            "",
            *(["## Said, and wrong", "", *alarms, ""] if alarms else []),
            *(["## Not judged", "", *failed, ""] if failed else []),
            "## Expected findings that some row lacks",
            "",
            ", ".join(f"`{code}`" for code in missing) or "none",
            "",
        ]
    )
