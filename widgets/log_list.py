"""`LogList`: what a host's log says, by shape or line by line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from checks.facts import LogShape
from checks.log_line import Line
from checks.text import redact
from checks.when import clock, iso
from widgets.columns import Cells, Column
from widgets.listing import Listing
from widgets.panel import cells
from widgets.text import Row, Span, broken, row

SHAPES = (
    Column(title="COUNT", priority=0, least=7, is_right=True),
    Column(title="NEW", priority=0),
    Column(title="FIRST", priority=1, least=9),
    Column(title="LAST", priority=3, least=9),
    Column(title="PROGRAM", priority=2, least=8),
    Column(title="MESSAGE", priority=0, least=20, is_flexible=True),
)
LINES = (
    Column(title="TIME", priority=0, least=9),
    Column(title="PROGRAM", priority=1, least=8),
    Column(title="MESSAGE", priority=0, least=20, is_flexible=True),
)


def kept(rows: Sequence[LogShape | Line], text: str) -> list[LogShape | Line]:
    """The rows that hold `text`; after a ``!``, those that do not."""
    is_inverse, needle = text.startswith("!"), text.removeprefix("!").casefold()
    if not needle:
        return list(rows)
    return [one for one in rows if (needle in f"{one.program} {one.text}".casefold()) != is_inverse]


class LogList(Listing[LogShape | Line]):
    """Shapes or lines, whichever it was given; lines can be added at the end."""

    BELOW = 4

    def __init__(self) -> None:
        super().__init__("", "")
        self._all: list[LogShape | Line] = []
        self._kept: list[LogShape | Line] = []
        self._onset: datetime | None = None
        self._today: datetime | None = None
        self._remark = ""
        self._cut = 0
        self._is_followed = False

    def show(
        self,
        name: str,
        rows: Sequence[LogShape | Line],
        says: str,
        *,
        remark: str = "",
        onset: datetime | None = None,
        today: datetime | None = None,
        place: int = 0,
    ) -> None:
        """Show other rows, not filtered, the cursor at `place`; `remark` says what is missing.

        What began after `onset` is new.
        """
        self._name, self._says, self._text = name, says, ""
        self._remark, self._cut = remark, 0
        self._all, self._kept = list(rows), list(rows)
        self._onset, self._today = onset, today
        self._wanted += 1  # what is being sifted are other rows
        self._sifted = self._wanted
        self._place = max(0, min(place, len(rows) - 1))
        self.redraw()

    def follow(self, is_followed: bool) -> None:
        """Say whether it is followed."""
        self._is_followed = is_followed
        self.redraw()

    def add(self, lines: Sequence[Line], most: int, lost: int = 0) -> None:
        """Add lines, and cut the first where there are more than `most`; `lost` never came here.

        A cursor on the last line stays on the last line.
        """
        was_at_end = self._place >= len(self._kept) - 1
        self._all += lines
        self._kept += kept(lines, self._text)
        gone = max(0, len(self._all) - most)
        hidden = len(kept(self._all[:gone], self._text))
        del self._all[:gone], self._kept[:hidden]
        self._cut += gone + lost
        self._place = len(self._kept) - 1 if was_at_end else max(0, self._place - hidden)
        self._place, self._top = max(0, self._place), max(0, self._top - hidden)
        if self._sifted != self._wanted:
            self.sift()
        self.redraw()

    def sifted(self) -> list[LogShape | Line]:
        """What the filter keeps."""
        return kept(self._all, self._text)

    # Drawing

    @property
    def title(self) -> str:
        """Whose log, and what was done to it."""
        filtered = f"/{self._text}" if self._text else ""
        following = "following" if self._is_followed else ""
        return "  ".join(filter(None, [self._name, filtered, following]))

    def columns(self) -> Sequence[Column]:
        """Those of shapes or of lines."""
        return SHAPES if isinstance(self.chosen, LogShape) else LINES

    def cells(self, one: LogShape | Line) -> Cells:
        """A shape or a line."""
        if isinstance(one, Line):
            return cells(self._time(one.at), one.program, redact(one.text))
        is_new = self._onset is not None and one.first >= self._onset
        return cells(
            f"{one.count:,}",
            row(Span("new" if is_new else "", "warn")),
            self._time(one.first),
            self._time(one.last),
            one.program,
            row(Span(one.text, "strong" if is_new else "")),
        )

    def below(self, one: LogShape | Line, width: int) -> Sequence[Row]:
        """The whole line, of a shape the latest; and what is missing."""
        whole = [row(part) for part in broken(plain(one), width)][: self.BELOW - 1]
        blank = [row()] * (self.BELOW - 1 - len(whole))
        remark = f"{self._cut:,} older lines were cut" if self._cut else self._remark
        return [*whole, *blank, row(Span(remark, "odd"))]

    def _time(self, at: datetime) -> str:
        is_today = self._today is None or at.date() == self._today.date()
        return clock(at) if is_today else f"{at:%b %d} {clock(at)}"


def plain(one: LogShape | Line) -> str:
    """A row as text to copy: the line, or a shape's latest."""
    if isinstance(one, Line):
        return f"{iso(one.at)} {one.program}: {redact(one.text)}"
    return f"{iso(one.last)} {one.program}: {one.example}"
