"""The Textual app: puts the main screen up and feeds it; everything else is a command."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen

from app.console.feed import Feed
from app.console.garbage import collect_garbage
from app.console.line import Line
from app.console.paint import DifferingCells
from app.console.screens.main import EVERYWHERE, MainScreen
from app.console.session import Session
from app.console.stops import mind_stops
from app.console.terminal import encoding
from app.console.typed_ahead import TypedAhead
from app.crash import keep
from widgets.backstop import ControlFilter
from widgets.state import theme

LOOKS_EVERY = 2.0
"""Seconds between two looks at how far the line is behind."""

SLOW_FRAMES = 0.5
"""Seconds between two frames over a slow line."""

SETTLED = 3.0
"""Seconds after which everything that will be needed is imported."""


class Console(DifferingCells, App[int]):
    """Shows one session; its result is the exit status."""

    TITLE = "mailmedic"
    CSS_PATH = "screens/main.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (140, "-wide")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "quit", show=False, priority=True),
        *EVERYWHERE,
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._gate = ControlFilter(encoding())
        self.crash = ""
        self._main = MainScreen(session)
        self._line = Line(os.environ)
        self.animation_level = "none"
        self.theme = theme(os.environ)

    def on_mount(self) -> None:
        """Once the main screen is painted, start the engine behind it."""
        mind_stops(self)
        self.call_after_refresh(self._begin)

    def get_default_screen(self) -> MainScreen:
        """The main screen; one that is pushed over an empty one costs the start a tenth more.

        It has the class of its width from the first: else it would be laid out and painted twice.
        """
        fitting = [name for least, name in self.HORIZONTAL_BREAKPOINTS if self.size.width >= least]
        self._main.add_class(fitting[-1])
        return self._main

    def _begin(self) -> None:
        self._feed = Feed(self._main.show)
        self.session.begin(self._feed)
        self.set_timer(SETTLED, collect_garbage)
        self.watch(self._main, "is_slow", self._spare_the_line, init=False)
        self.set_interval(LOOKS_EVERY, self._look_at_line)

    def _look_at_line(self) -> None:
        """Spare the line when it falls behind; by hand, it is spared or not in spite of that."""
        before = self._line.is_slow
        if self._line.look() != before:
            self._main.is_slow = self._line.is_slow

    def _spare_the_line(self, is_slow: bool) -> None:
        self._feed.is_slow = is_slow
        self.pause = SLOW_FRAMES if is_slow else 0.0

    def on_key(self, event: events.Key) -> None:
        """Keys that nobody took arrive here: some were typed ahead, and are no commands."""
        if isinstance(self.screen, TypedAhead) and self.screen.take(event):
            event.prevent_default()

    async def action_quit(self) -> None:
        """Ctrl-C leaves; where a running command is shown, it is for that, as in a shell."""
        if not await self.run_action("screen.interrupt"):
            await super().action_quit()

    async def action_command(self, place: int, key: str) -> None:
        """Run a command that is there everywhere."""
        await self._main.action_command(place, key)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Delete what could steer the terminal, whatever let it through."""
        return [*super().get_line_filters(), self._gate]

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer the operator's commands in the palette, and none of Textual's own."""
        if isinstance(screen, MainScreen):
            yield from screen.palette()

    def _set_pointer_shape(self, _shape: str) -> None:
        """Textual's hook: we have no mouse, and old terminals draw its sequence as text."""

    def _fatal_error(self) -> None:
        """End with one line; Textual's traceback would print local variables, i.e. secrets."""
        self.crash = keep(self._exception or RuntimeError("unknown"))
        self._close_messages_no_wait()
