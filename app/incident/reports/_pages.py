"""Blocks of lines under headings, on pages: none is split, but those longer than a page."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from app.incident.reports._wrap import cells

CONTINUED = ", continued"


class Block(Struct, frozen=True, kw_only=True):
    """Lines that stay together, under a heading that is said again on each page.

    `name` stands above the rest of a block that is too long for a page. One that `begins` a page
    stands at its top.
    """

    lines: list[str]
    under: str
    name: str = ""
    begins: bool = False


def fill(blocks: Iterable[Block], height: int) -> list[list[str]]:
    """`blocks` on pages of at most `height` lines, in their order."""
    page: list[str] = []
    pages = [page]
    last = shown = ""
    for block in blocks:
        head = _heading(block, last, shown, is_top=not page)
        if page and (block.begins or len(page) + len(head) + len(block.lines) > height):
            page = []
            pages.append(page)
            head = _heading(block, last, "", is_top=True)
        page += head
        lines = block.lines
        while len(page) + len(lines) > height:
            room = height - len(page)
            page += lines[:room]
            lines = lines[room:]
            page = [f"{block.name or block.under}{CONTINUED}"]
            pages.append(page)
        page += lines
        last = shown = block.under
    return pages


def flow(blocks: Iterable[Block]) -> list[str]:
    """`blocks` one under the other, without pages."""
    found: list[str] = []
    last = ""
    for block in blocks:
        found += _heading(block, last, last, is_top=not found)
        found += block.lines
        last = block.under
    return found


def _heading(block: Block, last: str, shown: str, *, is_top: bool) -> list[str]:
    """What stands above `block`; `last` is the heading before, `shown` that one on this page."""
    if block.under == shown:
        return []
    text = block.under + (CONTINUED if block.under == last else "")
    return [*([] if is_top else [""]), text, "-" * cells(text)]
