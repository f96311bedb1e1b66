"""Text for paper: 80 columns, pages of 60 lines, the chain's last hash at the foot of each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from app.incident.entry import Entry
from app.incident.metrics import measures, onset, punctuality
from app.incident.reports import Story
from app.incident.reports._wrap import clip, wrap
from checks.when import iso, span

SUFFIX = ".txt"
WIDTH = 80
PAGE = 60
BODY = PAGE - 4
"""Lines of a page between its header and its footer, each with a blank line."""

NAME = 9
INDENT = 5 + 1 + 13 + 1 + NAME + 1


def render(story: Story) -> str:
    """The whole document, page after page."""
    return "\n".join(line for page in pages(story) for line in page) + "\n"


def pages(story: Story, zone: tzinfo | None = None) -> list[list[str]]:
    """The document's pages; times are those of `zone`, or of this machine, with their offset."""
    bodies = _fill([_front(story), *_blocks(story, zone)])
    head = f"Incident {story.id}"
    made = []
    for number, body in enumerate(bodies, 1):
        place = f"page {number} of {len(bodies)}"
        title = clip(f"{head}  {story.title}", WIDTH - len(place) - 2)
        is_last = number == len(bodies)
        padding = [""] * (0 if is_last else BODY - len(body))
        made.append([f"{title}  {place}", "", *body, *padding, "", f"head {story.head}"])
    return made


def _fill(blocks: list[list[str]]) -> list[list[str]]:
    """Blocks on pages: none is split, but those that are longer than a page."""
    found: list[list[str]] = [[]]
    for block in blocks:
        if found[-1] and len(found[-1]) + len(block) > BODY:
            found.append([])
        for start in range(0, len(block), BODY):
            if start:
                found.append([])
            found[-1] += block[start : start + BODY]
    return found


def _front(story: Story) -> list[str]:
    found = []
    for one in measures(story.entries):
        value = "-" if one.seconds is None else span(one.seconds)
        found.append(f"{one.name}  {value:>8}  {one.title}: {one.formula}")
    began = onset(story.entries)
    found.append(f"onset {iso(began) if began else 'not known'}: the first failing result")
    promised, in_time = punctuality(story.entries)
    if promised:
        found.append(f"notices in time: {in_time} of {promised} that were promised")
    people = dict.fromkeys(_person(entry) for entry in story.entries)
    found += [f"by {person}" for person in people]
    broken = story.verified.broken
    found.append(f"CHAIN BROKEN: {broken}" if broken else "chain of hashes: intact")
    return [line for text in found for line in wrap(text, WIDTH)] + [""]


def _person(entry: Entry) -> str:
    who = entry.operator
    parts = {"as": who.user, "sudo": who.sudo, "on": who.tty, "from": who.address}
    rest = " ".join(f"{word} {value}" for word, value in parts.items() if value)
    return " ".join(filter(None, (who.name, rest, "at", entry.host)))


def _blocks(story: Story, zone: tzinfo | None) -> Iterator[list[str]]:
    day = ""
    for entry in story.entries:
        at = entry.at.astimezone(zone)
        today = f"{at:%Y-%m-%d}"
        yield [*([today] if today != day else []), *_block(entry, at)]
        day = today


def _block(entry: Entry, at: datetime) -> list[str]:
    """An entry: number, time and name beside the first line, the others under it."""
    text = [line for one in entry.lines() for line in wrap(one, WIDTH - INDENT)]
    number = str(entry.n) if entry.is_written else "wait"
    head = f"{number:>5} {at:%H:%M:%S%z} {clip(entry.operator.name, NAME)} "
    rest = [(" " * INDENT + line).rstrip() for line in text[1:]]
    return [(head + text[0]).rstrip(), *rest]
