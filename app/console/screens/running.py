"""A command that runs: what it prints, how long it has had, and how to cancel it."""

from __future__ import annotations

import textwrap
import time
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from app.command.deed import Command
from app.console.words import OUTCOMES
from app.incident.kinds import CommandEnded
from checks.model import State
from checks.when import span
from widgets.key_bar import KeyBar
from widgets.reader import Reader
from widgets.state import MARKS
from widgets.text import Row, Span, broken
from widgets.verdict_bar import VerdictBar

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen

LOOK_EVERY = 0.25
"""Seconds between two looks at what it has printed; each costs bytes on the line."""


class RunningScreen(Screen[None]):
    """Leaving it does not end the command; `!` comes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "interrupt"),
        Binding("escape,q", "leave"),
    ]

    def __init__(self, command: Command, main: MainScreen) -> None:
        super().__init__()
        self._command = command
        self._main = main
        self._shown: tuple[int, int, bool] | None = None
        self._rows: list[Row] = []
        self._has_asked = False

    def compose(self) -> ComposeResult:
        """The bar, what it prints, the keys."""
        yield VerdictBar()
        yield Reader(self._command.target, [])
        yield KeyBar([("x", "cancel"), ("↑↓", "move"), ("n", "note")], ("Esc", "back"))

    def on_mount(self) -> None:
        """Look at it now and then."""
        self.set_interval(LOOK_EVERY, self._look)
        self.set_interval(1.0, lambda: self._main.tell(self.query_one(VerdictBar)))
        self._look()

    def _look(self) -> None:
        ended, reader = self._command.ended, self.query_one(Reader)
        shown = (self._command.output.size, self.size.width, ended is not None)
        if shown != self._shown:
            self._shown = shown
            self._rows = self._printed(self.size.width - 4)
        was_at_end = reader.is_at_end
        reader.show(f"{self._command.target}  {self._state(ended)}", self._rows)
        if was_at_end:
            reader.action_move(len(self._rows))

    def _printed(self, width: int) -> list[Row]:
        """What it has printed, lines that are too long broken; below, what else is to say."""
        text, ended = self._command.output.text(), self._command.ended
        lines = text.split("\n") if text else []
        rows: list[Row] = [(Span(part),) for line in lines for part in broken(line, width)]
        if ended is not None and ended.reason:
            rows += [(), *((Span(part, "odd"),) for part in textwrap.wrap(ended.reason, width))]
        return rows

    def _state(self, ended: CommandEnded | None) -> str:
        command = self._command
        if ended is not None:
            mark = MARKS[OUTCOMES.get(ended.outcome, State.UNKNOWN)]
            status = "" if ended.status is None else f", exit status {ended.status}"
            how = f"{mark.glyph} {ended.outcome} after {span(ended.duration)}{status}"
        elif command.since is None:
            how = "about to begin"
        else:
            how = f"runs for {span(time.monotonic() - command.since)} of {command.deadline:g}s"
        return f"{how} · {command.output.lines:,} lines · {command.shown}"

    def action_leave(self) -> None:
        """Back; what runs goes on."""
        if self._command.ended is None:
            self._main.say("it goes on; ! shows it")
        self.dismiss()

    def action_interrupt(self) -> None:
        """Cancel it, also by Ctrl-C: the first time ask, the second time do it."""
        if self._command.ended is not None:
            self.dismiss()
        elif not self._has_asked:
            self._has_asked = True
            self._main.say(f"x once more cancels it on {self._command.host.name}")
        else:
            self._main.say("cancelling")
            self._main.hand.start(self._main.hand.submit(self._command.cancel()))
