"""The newest lines of the incident log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from checks.model import State
from checks.when import clock
from widgets.lines import Framed
from widgets.state import MARKS
from widgets.text import Row, Span, pad, row, width_of


class LogLine(Struct, frozen=True):
    """One line: when, who, what, and how it ended where it ended somehow.

    `is_routine`: a check wrote it, as it writes many.
    """

    at: datetime
    who: str
    text: str
    state: State | None = None
    is_routine: bool = False


class LogStrip(Framed):
    """Shows the last `LogLine`s that fit, the newest at the bottom."""

    TITLE = "Log"
    DEFAULT_CSS = "LogStrip { height: 6; }"

    kept: tuple[LogLine, ...] = ()
    name_of_log = ""

    @property
    def title(self) -> str:
        """The incident's name, once there is one."""
        return self.name_of_log or self.TITLE

    def show(self, log: tuple[LogLine, ...], title: str = "") -> None:
        """Draw the end of `log`."""
        self.kept, self.name_of_log = log, title
        self.redraw()

    def inside(self, width: int, height: int) -> Sequence[Row]:  # noqa: ARG002
        """A line each."""
        shown = self.kept[-height:] if height else ()
        who = max((width_of(row(line.who)) for line in shown), default=0)
        return [_draw(line, min(who, 12)) for line in shown]


def _draw(line: LogLine, who: int) -> Row:
    ended: Row = ()
    if line.state is not None:
        ended = (Span(f"{MARKS[line.state].glyph} ", MARKS[line.state].role),)
    at = Span(f"{clock(line.at)[:-1]} ", "dim")
    return (at, *pad(row(line.who), who), Span("  "), *ended, Span(line.text))
