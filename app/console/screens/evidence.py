"""Why the verdict is what it is, and every check that is not OK; ready for the phone."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from app.engine import Scene
from app.explained import explained
from checks.model import State
from checks.when import clock
from widgets.entry import Entry, details
from widgets.key_bar import KeyBar
from widgets.reader import Reader
from widgets.text import Row, Span, row


class EvidenceScreen(Screen[None]):
    """The evidence of one moment; it stands still while it is read."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,e", "dismiss")]

    def __init__(self, scene: Scene | None) -> None:
        super().__init__()
        self._scene = scene

    def compose(self) -> ComposeResult:
        """One text, and how to leave."""
        rows = _rows(self._scene) if self._scene else []
        at = f" at {clock(self._scene.board.at)}" if self._scene else ""
        yield Reader(
            f"Evidence{at}", rows or [row("Every check is well; there is nothing to show.")]
        )
        yield KeyBar([("↑↓", "move"), ("n", "note")], ("Esc", "back"))


def _rows(scene: Scene) -> list[Row]:
    wrong = tuple(
        one
        for one in scene.board.standings.values()
        if one.result is not None and one.result.state != State.OK
    )
    why = [row(Span(f"{label:<10}", "dim"), said) for label, said in explained(scene.verdict)]
    return details(Entry("evidence", (), wrong, more=(*why, ()) if why else ()), scene.board.at)
