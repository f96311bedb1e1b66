"""The way of one message, as soon as the hosts have looked through their logs."""

from __future__ import annotations

import time
from concurrent.futures import Future
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from app import tracing
from app.tracing import Report
from checks.when import span
from widgets.key_bar import KeyBar
from widgets.reader import Reader
from widgets.text import Row, Span, row

LOOK_EVERY = 0.5
"""Seconds between two looks whether it is there."""


class TraceScreen(Screen[None]):
    """Leaving it gives the search up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss"),
        Binding("y", "copy"),
    ]

    def __init__(self, term: str, report: Future[Report]) -> None:
        super().__init__()
        self._term = term
        self._report = report
        self._began = time.monotonic()
        self._lines: list[str] = []

    def compose(self) -> ComposeResult:
        """One text, and how to leave."""
        yield Reader(f"Trace {self._term}", [])
        yield KeyBar([("↑↓", "move"), ("y", "copy"), ("n", "note")], ("Esc", "back"))

    def on_mount(self) -> None:
        """Look now and then."""
        self._timer = self.set_interval(LOOK_EVERY, self._look)
        self._look()

    def on_unmount(self) -> None:
        """Nobody waits for it any more."""
        self._report.cancel()

    def _look(self) -> None:
        reader = self.query_one(Reader)
        if not self._report.done():
            waited = span(time.monotonic() - self._began)
            reader.show(f"Trace {self._term}", [row(f"looking through all logs, for {waited}")])
            return
        self._timer.stop()
        error = self._report.exception()
        self._lines = [f"it failed: {error}"] if error else tracing.text(self._report.result())
        reader.show(f"Trace {self._term}", [_shown(line) for line in self._lines])

    def action_copy(self) -> None:
        """Copy all of it by OSC 52, as far as the terminal allows it."""
        self.app.copy_to_clipboard("\n".join(self._lines))
        self.notify("sent to the terminal's clipboard", timeout=3, markup=False)


def _shown(line: str) -> Row:
    """Where it is now stands out."""
    return (Span(line, "strong"),) if line.startswith(("now: ", "message ")) else row(line)
