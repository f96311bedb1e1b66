"""HTML, one file that needs nothing else: for a browser, an intranet page, a printer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from app.html import document
from app.incident.entry import Entry
from app.incident.reports._clock import Clock
from app.incident.reports._outline import Section, chain, clock, front
from app.incident.reports._picture import pictures
from app.incident.reports._work import work
from app.incident.story import Story
from checks.when import iso

SUFFIX = ".html"

STYLE = """\
body { font: 15px/1.45 system-ui, sans-serif; color: #1a1a1a; background: #fff;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: .2rem 0 1.5rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; border-bottom: 1px solid #888; break-after: avoid; }
p { margin: .3rem 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0;
  border-bottom: 1px solid #ddd; overflow-wrap: break-word; white-space: pre-wrap; }
td:nth-last-child(-n+2) { overflow-wrap: anywhere; }
figure { margin: 0; }
th { font-weight: 600; }
thead th, .facts th { white-space: nowrap; }
tr { break-inside: avoid; }
.log td:nth-child(-n+3) { white-space: nowrap; }
.log td:last-child { font: 13px/1.45 ui-monospace, monospace; width: 100%; }
.log tbody th { padding-top: 1rem; }
.hash { font: 12px/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; fill: #1a1a1a; }
.grid { stroke: #ddd; }
.mark { text-anchor: middle; fill: #555; }
.figure { text-anchor: end; fill: #555; }
.dot { fill: #b3261e; stroke: #fff; }
.bar { fill: #2f5d8a; }
.area { fill: #c9d9e8; }
.line { fill: none; stroke: #2f5d8a; stroke-width: 2; }
@media print {
  body { font-size: 10pt; margin: 0; max-width: none; padding: 0; }
  .log td:last-child { font-size: 8.5pt; }
  figure { break-inside: avoid; }
}"""

PAGES = """
@page { margin: 15mm 15mm 18mm;
  @bottom-left { content: "Incident %s"; font: 8pt sans-serif; }
  @bottom-right { content: "page " counter(page) " of " counter(pages); font: 8pt sans-serif; } }"""


def render(story: Story) -> str:
    """The whole document."""
    times = clock(story)
    title = f"Incident {story.id}: {story.title}"
    parts = [f"<header>\n<p>Incident report</p>\n<h1>{escape(title)}</h1>\n</header>\n<main>\n"]
    parts += map(_section, front(story, times))
    parts += [_figure(heading, svg) for heading, svg in pictures(story, times)]
    parts += map(_section, work(story, times))
    parts.append(f'<section>\n<h2 id="log">Log</h2>\n{_log(story, times)}</section>\n</main>\n')
    parts.append(f"<footer>\n<p>{escape(chain(story))}.</p>\n")
    parts.append(f'<p class="hash">Last hash: {escape(story.head)}</p>\n</footer>\n')
    return document(title, STYLE + PAGES % escape(story.id), "".join(parts))


def _section(section: Section) -> str:
    name = _anchor(section.title)
    lines = "".join(f"<p>{escape(line)}</p>\n" for line in section.lines)
    table = ""
    if section.table and section.table.rows:
        is_facts = not section.table.head
        kind = ' class="facts"' if is_facts else ""
        head = "" if is_facts else _head(section.table.head)
        rows = "".join(_row(row, is_facts=is_facts) for row in section.table.rows)
        table = f'<table{kind} aria-labelledby="{name}">\n{head}<tbody>\n{rows}</tbody>\n</table>\n'
    return f'<section>\n<h2 id="{name}">{escape(section.title)}</h2>\n{lines}{table}</section>\n'


def _anchor(title: str) -> str:
    """The title as an id: ASCII letters and digits are the same everywhere."""
    return "-".join(
        "".join(c if c.isascii() and c.isalnum() else " " for c in title.lower()).split()
    )


def _figure(heading: str, svg: str) -> str:
    return f"<section>\n<h2>{heading}</h2>\n<figure>\n{svg}\n</figure>\n</section>\n"


def _head(cells: Sequence[str]) -> str:
    return f"<thead>\n<tr>{''.join(map(_title, cells))}</tr>\n</thead>\n"


def _title(cell: str) -> str:
    return f'<th scope="col">{escape(cell)}</th>' if cell else "<td></td>"


def _row(cells: Sequence[str], *, is_facts: bool) -> str:
    first = (
        f'<th scope="row">{escape(cells[0])}</th>' if is_facts else f"<td>{escape(cells[0])}</td>"
    )
    return f"<tr>{first}{''.join(f'<td>{escape(cell)}</td>' for cell in cells[1:])}</tr>\n"


def _log(story: Story, times: Clock) -> str:
    head = _head(("n", "Time", "Who", "What"))
    return (
        f'<table class="log" aria-labelledby="log">\n{head}{"".join(_days(story, times))}</table>\n'
    )


def _days(story: Story, times: Clock) -> Iterator[str]:
    for day, entries in groupby(story.entries, lambda entry: times.day(entry.at)):
        yield f'<tbody>\n<tr><th colspan="4" scope="rowgroup">{day}</th></tr>\n'
        yield from (_entry(entry, times) for entry in entries)
        yield "</tbody>\n"


def _entry(entry: Entry, times: Clock) -> str:
    said = escape("\n".join(map(times.localized, entry.lines())))
    at = f'<time datetime="{iso(entry.at)}">{times.time(entry.at)}</time>'
    return f"<tr><td>{entry.n}</td><td>{at}</td><td>{escape(entry.who)}</td><td>{said}</td></tr>\n"
