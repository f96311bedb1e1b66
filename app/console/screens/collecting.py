"""Evidence of a host while it is collected: what has come, and how to be content with that."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from app.bundle.piece import Gathered
from checks.model import State
from checks.text import redact, visible
from widgets.key_bar import KeyBar
from widgets.reader import Reader
from widgets.state import MARKS
from widgets.text import Row, Span, row
from widgets.verdict_bar import VerdictBar

if TYPE_CHECKING:
    from app.bundle.gathering import Gathering
    from app.console.screens.main import MainScreen

LOOK_EVERY = 0.25
"""Seconds between two looks at what has come; each costs bytes on the line."""


class CollectingScreen(Screen[None]):
    """Stands as long as it takes; who started it takes it away."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,x", "enough")]

    def __init__(self, gathering: Gathering, main: MainScreen, host: str) -> None:
        super().__init__()
        self._gathering = gathering
        self._main = main
        self._host = host
        self._shown = -1
        self._is_over = False
        self.gone = asyncio.Event()
        """Set once it is no longer there: what is asked sooner would stand above it."""

    def compose(self) -> ComposeResult:
        """The bar, what has come, how to stop."""
        yield VerdictBar()
        yield Reader("", [])
        yield KeyBar([("↑↓", "move")], ("Esc", "enough: keep what has come"))

    def on_mount(self) -> None:
        """Look at it now and then."""
        self.set_interval(LOOK_EVERY, self._look)
        self.set_interval(1.0, self._tell)
        self._tell()
        self._look()

    def end(self) -> None:
        """It has been gathered: leave, if need be once the screen above has been left."""
        self._is_over = True
        self._leave()

    def on_screen_resume(self) -> None:
        """What was opened above has been left."""
        self._leave()

    def on_unmount(self) -> None:
        """It is gone."""
        self.gone.set()

    def _leave(self) -> None:
        # Not `is_current`: that holds below a modal, too, which `dismiss` would take away instead.
        if self._is_over and self.is_active:
            self.dismiss()

    def _tell(self) -> None:
        self._main.tell(self.query_one(VerdictBar))

    def _look(self) -> None:
        done, wanted = tuple(self._gathering.done), self._gathering.wanted
        if len(done) == self._shown:
            return
        self._shown = len(done)
        reader = self.query_one(Reader)
        asked = [row(Span(f"… {one.name}", "dim")) for one in wanted[len(done) : len(done) + 1]]
        title = f"Evidence of {self._host}  {len(done)} of {len(wanted)}"
        reader.show(title, [*map(_row, done), *asked])
        reader.action_move(len(wanted))

    def action_enough(self) -> None:
        """Ask for no more."""
        self._main.say("stopping; what has come is kept")
        self._main.hand.start(self._main.hand.submit(self._gathering.stop()))


def _row(one: Gathered) -> Row:
    shown = MARKS[State.OK if one.is_held or one.outcome == "ok" else State.UNKNOWN]
    size = f"{len(one.content):>9,}" if one.content else " " * 9
    return row(Span(shown.glyph, shown.role), f" {size}  {redact(visible(one.line))}")
