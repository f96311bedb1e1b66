"""Why the verdict is what it is, and every check that is not OK; ready for the phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

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

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen


class EvidenceScreen(Screen[None]):
    """The evidence of one moment; it stands still while it is read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,e", "dismiss"),
        Binding("c", "collect"),
    ]

    def __init__(self, main: MainScreen) -> None:
        super().__init__()
        self._main = main
        self._scene = main.scene

    def compose(self) -> ComposeResult:
        """One text, and how to leave."""
        rows = _rows(self._scene) if self._scene else []
        at = f" at {clock(self._scene.board.at)}" if self._scene else ""
        yield Reader(
            f"Evidence{at}", rows or [row("Every check is well; there is nothing to show.")]
        )
        keys = [("↑↓", "move"), ("n", "note"), ("c", "collect a host's bundle")]
        yield KeyBar(keys, ("Esc", "back"))

    def action_collect(self) -> None:
        """Collect the evidence bundle of a host."""
        if self._main.hand.situation is None:
            self._main.say("no incident is open to keep it in: i opens one")
        else:
            self._main.hand.start(self._collect())

    async def _collect(self) -> None:
        from app.console.bundling import collect
        from app.console.hosts import pick_host

        host = await pick_host(self._main.hand, "Evidence of which host")
        if host is not None:
            await collect(self._main, host)


def _rows(scene: Scene) -> list[Row]:
    wrong = tuple(
        one
        for one in scene.board.standings.values()
        if one.result is not None and one.result.state != State.OK
    )
    why = [row(Span(f"{label:<10}", "dim"), said) for label, said in explained(scene.verdict)]
    return details(Entry("evidence", (), wrong, more=(*why, ()) if why else ()), scene.board.at)
