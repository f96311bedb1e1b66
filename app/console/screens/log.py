"""The log of one host: by shape, line by line, and as it grows."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from app.console.commands.trace import show
from app.console.filtered import Filtered
from app.console.screens.ask import AskScreen
from app.logs import BEFORE, Look, Tail, missing, moment, queue_id
from app.problem import Problem
from checks.facts import LogShape
from checks.log_line import Line
from checks.maillog.excerpt import KEPT, Excerpt, in_order, shape_of
from checks.model import now
from checks.when import clock, span
from widgets.key_bar import KeyBar
from widgets.log_list import LogList, plain
from widgets.verdict_bar import VerdictBar

if TYPE_CHECKING:
    from app.config import Config
    from app.console.screens.main import MainScreen

KEYS = (
    ("Enter", "lines"),
    ("Tab", "turn"),
    ("a", "all"),
    ("F", "follow"),
    ("/", "filter"),
    ("@", "time"),
    ("t", "trace"),
    ("R", "again"),
    ("y", "copy"),
    ("n", "note"),
)

DRAIN_EVERY = 0.5
"""Seconds between two looks for lines that were added."""


class LogScreen(Filtered):
    """Reads when it is opened and when it is asked to; follows until it is left.

    Shapes are of what sounds like trouble, `a` of all lines; the lines of a shape are those of them
    that were kept.
    """

    LIST = LogList
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open"),
        Binding("tab", "turn"),
        Binding("a", "all"),
        Binding("F", "follow"),
        Binding("at", "jump"),
        Binding("t", "trace"),
        Binding("R", "read"),
        Binding("y", "copy"),
    ]

    def __init__(self, host: str, main: MainScreen) -> None:
        super().__init__()
        self._host = host
        self._main = main
        self._onset = main.scene.verdict.since if main.scene else None
        self._look = Look(host, (self._onset or now()) - BEFORE, is_all=False, from_start=False)
        self._began = now()
        self._is_reading = False
        self._then_follow = False
        self._found = Excerpt()
        self._shape: LogShape | None = None
        self._is_by_line = False
        self._tail: Tail | None = None
        self._following: Future[None] | None = None
        self._is_stale = False

    def compose(self) -> ComposeResult:
        """The list, its filter, the keys."""
        yield VerdictBar()
        yield LogList()
        yield self.filter_line()
        yield KeyBar(KEYS, ("Esc", "back"))

    def on_mount(self) -> None:
        """Begin to read."""
        self.set_focus(self._list)
        self.set_interval(1.0, self._second)
        self.set_interval(DRAIN_EVERY, self._drain)
        self._second()
        self._read(self._look)

    def on_unmount(self) -> None:
        """Nobody looks at it any more."""
        if self._following is not None:
            self._following.cancel()

    @property
    def _list(self) -> LogList:
        return self.query_one(LogList)

    # Reading

    def _read(self, look: Look, *, then_follow: bool = False) -> None:
        self._stop()
        self._then_follow = then_follow
        self.run_worker(self._reading(look), group="read", exclusive=True)

    async def _reading(self, look: Look) -> None:
        config = self._main.session.engine.config
        if config is None:
            return
        self._look, self._began, self._is_reading = look, now(), True
        self._found, self._is_stale = Excerpt(), False
        self._show_shapes()
        self._second()
        try:
            self._found = await self._main.hand.submit(look.run(config))
        except Problem as problem:
            self._found = Excerpt(trouble=str(problem))
        finally:
            self._is_reading = self._look is not look
        if look.is_all or self._then_follow:
            self._show_lines(0 if look.from_start else len(self._found.lines))
        else:
            self._show_shapes()
        if self._then_follow:
            self._follow(config)

    def _second(self) -> None:
        self._main.tell(self.query_one(VerdictBar))
        if self._is_reading:
            lasted = span((now() - self._began).total_seconds())
            then = "; followed then" if self._then_follow else ""
            self._list.say(f"reading: {self._look.lines:,} lines, {lasted}{then}; Esc cancels")

    # What is shown

    def _title(self, what: str = "") -> str:
        kind = "all lines" if self._look.is_all else "trouble"
        return f"Log of {self._host}  {what or kind} since {clock(self._look.since)}"

    def _show_shapes(self) -> None:
        self._shape, self._is_by_line = None, False
        rows = in_order(self._found.shapes, self._onset)
        self._show(self._title(), rows)

    def _show_lines(self, place: int = 0) -> None:
        self._shape, self._is_by_line = None, True
        self._show(self._title(), self._found.lines, place)

    def _show(self, title: str, rows: Sequence[LogShape | Line], place: int = 0) -> None:
        self.query_one(Input).value = ""
        self._list.show(
            title,
            rows,
            _why_nothing(self._found),
            remark=missing(self._found),
            onset=self._onset,
            today=now(),
            place=place,
        )

    def action_turn(self) -> None:
        """From shapes to lines, and back."""
        self._stop()
        if self._is_by_line:
            self._show_shapes()
        else:
            self._show_lines()

    def action_open(self) -> None:
        """Show the lines of the chosen shape."""
        chosen = self._list.chosen
        if isinstance(chosen, LogShape) and not self.is_typing:
            self.run_worker(self._open(chosen), group="open", exclusive=True)

    async def _open(self, chosen: LogShape) -> None:
        lines = await asyncio.to_thread(_alike, self._found.lines, chosen)
        self._stop()
        self._shape, self._is_by_line = chosen, True
        self._show(self._title(f"one shape, {chosen.count:,} lines"), lines, len(lines))

    def action_all(self) -> None:
        """All lines instead of those that sound like trouble, or back."""
        is_all = not self._look.is_all
        self._read(Look(self._host, self._look.since, is_all=is_all, from_start=False))

    def action_read(self) -> None:
        """Read anew, up to now."""
        look = self._look
        self._read(Look(self._host, look.since, is_all=look.is_all, from_start=False))

    def action_jump(self) -> None:
        """Ask for a time, and show the lines from then on."""
        question = "from which time on: 03:10 (UTC), 30m (ago) or 2026-11-24T03:10Z"
        self.app.push_screen(AskScreen(question), self._jump)

    def _jump(self, answer: str | None) -> None:
        if not answer:
            return
        try:
            at = moment(answer, now())
        except Problem as problem:
            self._main.say(str(problem))
            return
        lines = self._found.lines
        if lines and lines[0].at <= at <= lines[-1].at:
            self._stop()
            self._show_lines(bisect_left(lines, at, key=lambda line: line.at))
        else:
            self._read(Look(self._host, at, is_all=self._look.is_all, from_start=True))

    # Following

    def action_follow(self) -> None:
        """Show what is added as it comes, or no longer."""
        config = self._main.session.engine.config
        if self._tail is not None:
            self._stop()
        elif self._is_stale or self._look.from_start:
            look = Look(self._host, self._look.since, is_all=self._look.is_all, from_start=False)
            self._read(look, then_follow=True)
        elif self._is_reading:
            self._then_follow = not self._then_follow
            self._second()
        elif config is not None:
            self._follow(config)

    def _follow(self, config: Config) -> None:
        if self._found.now is None:  # there was no answer that it could begin at
            self._main.say(f"not followed: {missing(self._found) or 'nothing was read'}")
            return
        self._tail = Tail(is_all=self._look.is_all)
        self._show_lines(len(self._found.lines))
        work = self._tail.run(config, self._host, self._found)
        self._following = self._main.session.engine.submit(work)
        self._list.follow(True)

    def _drain(self) -> None:
        """Show what was added since the last time."""
        if self._tail is None:
            return
        lines, lost = self._tail.drain()
        if lines:
            self._list.add(lines, KEPT, lost)
        if self._tail.ended:
            self._main.say(f"no longer followed: {self._tail.ended}")
            self._stop()

    def _stop(self) -> None:
        """Follow no longer; what comes meanwhile has to be read anew."""
        if self._following is not None:
            self._following.cancel()
            self._is_stale = True
        self._tail = self._following = None
        self._list.follow(False)

    # Of the chosen row

    def action_trace(self) -> None:
        """Follow the message whose queue id is in the row."""
        chosen = self._list.chosen
        text = chosen.example if isinstance(chosen, LogShape) else chosen.text if chosen else ""
        if named := queue_id(text):
            show(self._main, named)
        else:
            self._main.say("this line names no queue id")

    def action_copy(self) -> None:
        """Copy the row by OSC 52, as far as the terminal allows it."""
        if (chosen := self._list.chosen) is not None:
            self.app.copy_to_clipboard(plain(chosen))
            self._main.say("the line was sent to the terminal's clipboard")

    def action_back(self) -> None:
        """Close the filter, then the lines of a shape, then the screen."""
        if self._shape is not None and not self.is_typing:
            self._stop()
            self._show_shapes()
        else:
            super().action_back()


def _alike(lines: Sequence[Line], shape: LogShape) -> list[Line]:
    key = shape.program, shape.text
    return [line for line in lines if shape_of(line) == key]


def _why_nothing(found: Excerpt) -> str:
    """What stands where there are no rows."""
    if found.denied or found.trouble:
        return missing(found)
    return "nothing was said" if found.sources else "no journal and no mail log on this host"
