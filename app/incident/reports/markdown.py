"""Markdown for a wiki or a ticket: the same sections as on paper, then the entries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from app.incident.reports._clock import Clock
from app.incident.reports._outline import Section, chain, clock, front
from app.incident.reports._work import work
from app.incident.story import Story

SUFFIX = ".md"

_MARKS = re.compile(r"[\\`*_{}\[\]<>#|~!&$@]|:(?=//)|(?<=\bwww)\.|^[-+=]|(?<=^\d)[.)]")
"""What means something in CommonMark and in GitHub's flavour, anywhere or where a line begins."""


def render(story: Story) -> str:
    """The whole document."""
    times = clock(story)
    lines = [f"# Incident {story.id}: {_plain(story.title)}", ""]
    for section in (*front(story, times), *work(story, times)):
        lines += _section(section)
    lines += ["## Log", "", *_table(("n", "When", "Who", "What"), _rows(story, times)), ""]
    lines += [f"{_plain(chain(story))}.", "", f"Last hash: `{story.head}`", ""]
    return "\n".join(lines)


def _section(section: Section) -> Iterator[str]:
    yield from (f"## {_plain(section.title)}", "")
    for line in section.lines:
        yield from (_plain(line.strip()), "")
    if section.table and section.table.rows:
        yield from _table(section.table.head or ("", ""), section.table.rows)
        yield ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield _row(head)
    yield f"|{' --- |' * len(head)}"
    yield from map(_row, rows)


def _row(cells: Sequence[str]) -> str:
    lines = ("<br>".join(map(_plain, cell.split("\n"))) for cell in cells)
    return f"| {' | '.join(lines)} |"


def _rows(story: Story, times: Clock) -> Iterator[tuple[str, ...]]:
    for entry in story.entries:
        said = "\n".join(map(times.localized, entry.lines()))
        yield str(entry.n), f"{times.day(entry.at)} {times.time(entry.at)}", entry.who, said


def _plain(text: str) -> str:
    """`text` with nothing in it that Markdown obeys."""
    return _MARKS.sub(r"\\\g<0>", text)
