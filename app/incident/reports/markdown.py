"""Markdown for a wiki or a ticket: the times that matter, then the entries."""

from __future__ import annotations

import re

from app.incident.entry import Entry
from app.incident.metrics import measures
from app.incident.reports import Story
from checks.when import span

SUFFIX = ".md"

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~!])")


def render(story: Story) -> str:
    """The whole document."""
    lines = [f"# Incident {story.id}: {_plain(story.title)}", ""]
    lines += ["| time | | counted as |", "| --- | --- | --- |"]
    for one in measures(story.entries):
        value = "-" if one.seconds is None else span(one.seconds)
        lines.append(f"| time {one.title} ({one.name}) | {value} | {one.formula} |")
    lines += ["", "| n | at (UTC) | who | what |", "| --: | --- | --- | --- |"]
    lines += map(_row, story.entries)
    broken = story.verified.broken
    lines += ["", f"**Chain broken:** {_plain(broken)}" if broken else "Chain of hashes: intact."]
    return "\n".join([*lines, "", f"Last hash: `{story.head}`", ""])


def _row(entry: Entry) -> str:
    what = "<br>".join(map(_plain, entry.lines()))
    return f"| {entry.n} | {entry.at:%Y-%m-%d %H:%M:%S} | {_plain(entry.operator.name)} | {what} |"


def _plain(text: str) -> str:
    """`text` with nothing in it that Markdown obeys."""
    return _MARKS.sub(r"\\\1", text)
