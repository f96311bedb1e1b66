"""Text for paper: 80 columns, pages of 58 lines, the chain's last hash at the foot of each."""

from __future__ import annotations

from collections.abc import Iterator

from app.incident.entry import Entry
from app.incident.reports._clock import Clock
from app.incident.reports._outline import Section, chain, clock, front
from app.incident.reports._pages import CONTINUED, Block, fill, flow
from app.incident.reports._work import work
from app.incident.reports._wrap import cells, clip, columns, wrap
from app.incident.story import Story

SUFFIX = ".txt"
WIDTH = 80
PAGE = 58
"""Lines of a page: at six to the inch, what A4 and US Letter both hold."""

BODY = PAGE - 4
"""Lines of a page between its header and its footer, each with a blank line."""

HEADING = WIDTH - len(CONTINUED)
NAME = 10


def render(story: Story) -> str:
    """The whole document, a form feed between two pages."""
    return "\f".join("\n".join(page) + "\n" for page in pages(story))


def plain(story: Story) -> str:
    """The whole document without pages, for a terminal or another program."""
    return "\n".join(flow(_blocks(story))) + "\n"


def pages(story: Story) -> list[list[str]]:
    """The document's pages, each with its header and footer."""
    bodies = fill(_blocks(story), BODY)
    made = []
    for number, body in enumerate(bodies, 1):
        place = f"page {number:,} of {len(bodies):,}"
        title = clip(f"Incident {story.id}  {story.title}", WIDTH - len(place) - 2)
        padding = [""] * (BODY - len(body))
        made.append([f"{title}  {place}", "", *body, *padding, "", f"hash {story.head}"])
    return made


def _blocks(story: Story) -> Iterator[Block]:
    times = clock(story)
    yield Block(lines=_wrapped(story.title or "(without a title)"), under="INCIDENT REPORT")
    for section in (*front(story, times), *work(story, times)):
        yield from _section(section)
    for place, entry in enumerate(story.entries):
        yield _entry(entry, times, begins=not place)
    last = [
        f"{len(story.entries):,} entries; {chain(story)}.",
        "Last hash, to be given to `mailmedic incident verify --head`:",
        story.head,
    ]
    yield Block(lines=_wrapped("\n".join(last)), under=f"End of the log of {story.id}")


def _section(section: Section) -> Iterator[Block]:
    """A block for each line and row; a table's head goes with its first row."""
    under = clip(section.title, HEADING).rstrip()
    for line in section.lines:
        yield Block(lines=_wrapped(line), under=under)
    if section.table and section.table.rows:
        head = [section.table.head] if section.table.head else []
        rows = columns([*head, *section.table.rows], WIDTH)
        if head:
            rows[:2] = [[*rows[0], *rows[1]]]
        for lines in rows:
            yield Block(lines=lines, under=under)


def _wrapped(text: str) -> list[str]:
    return [line for one in text.split("\n") for line in wrap(one, WIDTH)]


def _entry(entry: Entry, times: Clock, *, begins: bool) -> Block:
    """An entry: number, time and name beside the first line, the others under it."""
    number = str(entry.n) if entry.is_written else "wait"
    head = f"{number:>5} {times.time(entry.at)} {clip(entry.who, NAME)} "
    indent = " " * cells(head)
    said = map(times.localized, entry.lines())
    text = [line for one in said for line in wrap(one, WIDTH - len(indent))]
    rest = [(indent + line).rstrip() for line in text[1:]]
    return Block(
        lines=[(head + text[0]).rstrip(), *rest],
        under=f"Log of {times.day(entry.at)}",
        name=f"Entry {number}",
        begins=begins,
    )
