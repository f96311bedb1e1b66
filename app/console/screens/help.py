"""The keys, and how to read the screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from app.console.command import Command
from checks.model import State
from widgets.key_bar import KeyBar
from widgets.reader import Reader
from widgets.state import MARKS
from widgets.text import Row, Span, row

INSIDE = (
    ("Enter", "open a panel or an item"),
    ("Esc", "back"),
    ("Tab", "the next panel"),
    ("/  o  !", "in an open panel: filter, sort, faults only"),
    ("^p", "the palette: every command by name"),
)

MEANINGS = {
    State.OK: "answered, and well",
    State.WARNING: "works, and needs a look",
    State.CRITICAL: "three tries in a row failed",
    State.UNKNOWN: "could not be looked at; never shown as down",
}


class HelpScreen(Screen[None]):
    """What the keys do; any of the usual keys leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "dismiss")]

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__()
        self._commands = commands

    def compose(self) -> ComposeResult:
        """One text, and how to leave."""
        yield Reader("Help", list(self._rows()))
        yield KeyBar([], ("Esc", "back"))

    def _rows(self) -> Iterable[Row]:
        yield row(Span("KEYS", "head"))
        for command in self._commands:
            yield row(Span(f"  {command.shown:<9}", "key"), f"{command.HELP}")
        for key, meaning in INSIDE:
            yield row(Span(f"  {key:<9}", "key"), meaning)
        yield ()
        yield row(Span("STATES", "head"))
        for state, mark in MARKS.items():
            head = Span(f"  {mark.glyph} {mark.word:<9}", mark.role)
            yield row(head, MEANINGS[state])
        yield row(Span("  ~          ", "soft"), "changed, and not confirmed yet")
        yield row(Span("  ? stale    ", "odd"), "no answer for two intervals")
        yield ()
        yield row(Span("Times are UTC. All figures come from this machine's own checks.", "dim"))
