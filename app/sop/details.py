"""Everything about one item, for a reader: what, why, how it stands, and its history. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from app.incident.entry import Entry
from app.incident.kinds import ItemChanged, SignedOff
from app.sop.progress import Progress
from checks.when import clock


class Section(Struct, frozen=True):
    """Lines under a heading."""

    title: str
    lines: tuple[str, ...]


def details(
    one: Progress, entries: Sequence[Entry], calls: Sequence[str] = ()
) -> tuple[Section, ...]:
    """The sections that have something to say; `calls` are whom to call for it."""
    item = one.item
    sections = (
        Section("What", (item.what,)),
        Section("Why", (item.why,)),
        Section("Shown by", (item.evidence,) if item.evidence else ()),
        Section("Call", tuple(calls)),
        Section("Its checks now", one.evidence.lines),
        Section("Not shown, because", one.evidence.doubts),
        Section("Needs first", tuple(need.title for need in one.lacks)),
        Section("Signed by", _signed(one)),
        Section("History", tuple(line for entry in entries for line in _history(one, entry))),
    )
    return tuple(section for section in sections if section.lines)


def _signed(one: Progress) -> tuple[str, ...]:
    if one.item.signoffs == 1:
        return ()
    return (f"{len(one.record.signed)} of {one.item.signoffs}: {one.who or 'nobody yet'}",)


def _history(one: Progress, entry: Entry) -> list[str]:
    match entry.data:
        case ItemChanged(item=item) | SignedOff(item=item) if item == one.item.id:
            first, *rest = entry.lines()
            return [f"{clock(entry.at)} {entry.who}: {first}", *(f"  {line}" for line in rest)]
    return []
