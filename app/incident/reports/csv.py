"""CSV (RFC 4180) for a spreadsheet: a row for each entry, times in UTC."""

from __future__ import annotations

import csv
import io

from app.incident.entry import Entry
from app.incident.story import Story
from checks.when import iso

SUFFIX = ".csv"
HEAD = ("n", "at", "operator", "user", "tty", "address", "host", "kind", "text", "id", "hash")


def render(story: Story) -> str:
    """The whole document."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEAD)
    writer.writerows(_row(entry) for entry in story.entries)
    return out.getvalue()


def _row(entry: Entry) -> list[object]:
    who = entry.operator
    text = "\n".join(entry.lines())
    cells = [who.name, who.user, who.tty, who.address, entry.host, entry.kind, text, entry.id]
    return [entry.n, iso(entry.at), *map(_inert, cells), entry.hash]


def _inert(text: str) -> str:
    """Spreadsheets run what begins so (OWASP, CSV injection): a quote before it stops them."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text
