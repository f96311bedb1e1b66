"""What a notice is: its stage and time, and for each audience who is reached and who is not."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from widgets.lines import Framed
from widgets.text import Row, Span, pad, row

NAME = 11
"""Cells of an audience's name."""


class AudienceLine(Struct, frozen=True, kw_only=True):
    """An audience. `ways` reach it now, `refused` do not, and `doubts` may not, with the reason.

    Until `is_known`, that is being looked up. `told` is what they heard last, and when.
    """

    name: str
    told: str = ""
    is_ticked: bool = True
    is_edited: bool = False
    ways: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    is_known: bool = True


class NoticeHead(Framed, can_focus=True):
    """Facts on the first line, then a line for each audience; the cursor is on one of them."""

    DEFAULT_CSS = "NoticeHead { height: 6; }"

    head: str = ""
    facts: Row = ()
    audiences: tuple[AudienceLine, ...] = ()
    chosen: int = 0
    remark: Row = ()

    @property
    def title(self) -> str:
        """Which incident it is about."""
        return self.head

    def note(self) -> Row:
        """What is wrong, or has to be known."""
        return self.remark

    def show(
        self,
        head: str,
        facts: Row,
        audiences: tuple[AudienceLine, ...],
        chosen: int,
        remark: Row = (),
    ) -> None:
        """Draw these; `chosen` is the place of the one whose text is shown."""
        self.head, self.facts, self.audiences = head, facts, audiences
        self.chosen, self.remark = chosen, remark
        height = len(audiences) + 3
        if self.styles.height is None or self.styles.height.value != height:
            self.styles.height = height
        self.redraw()

    def inside(self, width: int, height: int) -> Sequence[Row]:  # noqa: ARG002
        """The facts, then the audiences."""
        lines = [_line(one, n == self.chosen) for n, one in enumerate(self.audiences)]
        return [self.facts, *lines]


def _line(one: AudienceLine, is_chosen: bool) -> Row:
    lead = Span("▸" if is_chosen else " ", "key")
    tick = Span("[x] " if one.is_ticked else "[ ] ", "" if one.is_ticked else "dim")
    name = pad(row(Span(one.name, "strong" if is_chosen else "")), NAME)
    edited = Span("edited " if one.is_edited else "", "warn")
    ways = [Span(f"✓ {way}  ", "good") for way in one.ways]
    ways += [Span(f"✗ {why}  ", "bad") for why in one.refused]
    ways += [Span(f"? {why}  ", "odd") for why in one.doubts]
    if not one.is_known:
        ways = [Span("… looking who is reached", "dim")]
    elif not ways:
        ways = [Span("no route: [[route]] in the config", "warn")]
    told = Span(f"{one.told}  ", "dim")
    return (lead, Span(" "), tick, *name, Span(" "), told, edited, *ways)
