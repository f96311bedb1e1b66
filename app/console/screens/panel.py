"""One panel full screen: filter, sort, details, and a copy of what is under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from app.console.filtered import Filtered
from app.engine import Scene
from checks.model import now
from widgets.key_bar import KeyBar
from widgets.panel import Panel
from widgets.panel_table import PanelTable
from widgets.verdict_bar import VerdictBar

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen

AGES_EVERY = 5.0
"""Seconds between two looks at what depends on time alone: ages, and what has become stale."""

KEYS = (
    ("↑↓", "row"),
    ("/", "filter"),
    ("o", "sort"),
    ("!", "faults only"),
    ("J K", "details"),
    ("y", "copy"),
    ("z", "freeze"),
    ("n", "note"),
)


class PanelScreen(Filtered):
    """Follows the main screen's scenes, so that freezing freezes it too."""

    LIST = PanelTable
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy"),
        Binding("z", "freeze"),
        Binding("enter", "open"),
    ]

    def __init__(self, panel: Panel, main: MainScreen, *, find: bool = False) -> None:
        super().__init__()
        self._panel = panel
        self._main = main
        self.is_typing = find

    def compose(self) -> ComposeResult:
        """The table, its filter, the keys."""
        yield VerdictBar()
        yield PanelTable(self._panel)
        yield self.filter_line("rows")
        deeper = [("Enter", self._panel.DEEPER)] if self._panel.DEEPER else []
        deeper += [("b", "side by side")] if self._panel.HAS_DIFFS else []
        yield KeyBar([*deeper, *KEYS], ("Esc", "back"))

    def on_mount(self) -> None:
        """Follow the main screen."""
        self.set_focus(self.query_one(PanelTable))
        self.watch(self._main, "scene", self._show)
        self.set_interval(1.0, self._second)
        self.set_interval(AGES_EVERY, self._ages)
        if self.is_typing:
            self.action_find()

    def _show(self, scene: Scene | None) -> None:
        if scene is not None:
            self.query_one(PanelTable).show(scene.board, scene.board.at)
            self._second()

    def _second(self) -> None:
        self._main.tell(self.query_one(VerdictBar))

    def _ages(self) -> None:
        if self._main.scene is not None and not self._main.is_frozen:
            self.query_one(PanelTable).show(self._main.scene.board, now())

    def action_open(self) -> None:
        """Show what is under the chosen host's row: its queue's messages, or its log."""
        chosen = self.query_one(PanelTable).chosen
        host = chosen.standings[0].host if chosen is not None else None
        if host is None:
            return
        if self._panel.DEEPER == "messages":
            from app.console.screens.messages import MessagesScreen

            self.app.push_screen(MessagesScreen(host.name, self._main))
        elif self._panel.DEEPER == "log":
            from app.console.screens.log import LogScreen

            self.app.push_screen(LogScreen(host.name, self._main))

    def action_copy(self) -> None:
        """Copy the row and its details by OSC 52, as far as the terminal allows it."""
        text = self.query_one(PanelTable).plain_details()
        self.app.copy_to_clipboard(text)
        lines = text.count("\n") + 1
        self.notify(f"{lines} lines sent to the terminal's clipboard", timeout=3, markup=False)

    def action_freeze(self) -> None:
        """Hold the screen, as on the main screen."""
        self._main.freeze()
        self._second()
