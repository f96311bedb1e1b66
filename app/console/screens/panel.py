"""One panel full screen: filter, sort, details, and a copy of what is under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from app.console.typed_ahead import TypedAhead
from app.engine import Scene
from checks.model import now
from widgets.fields import Line
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


class PanelScreen(TypedAhead[None]):
    """Follows the main screen's scenes, so that freezing freezes it too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back"),
        Binding("q", "dismiss"),
        Binding("slash", "find"),
        Binding("y", "copy"),
        Binding("z", "freeze"),
        Binding("enter", "open"),
    ]
    DEFAULT_CSS = """
    PanelScreen Input, PanelScreen Input:focus {
        display: none; height: 1; border: none; padding: 0 1;
    }
    PanelScreen Input.-open { display: block; }
    """

    def __init__(self, panel: Panel, main: MainScreen, *, find: bool = False) -> None:
        super().__init__()
        self._panel = panel
        self._main = main
        self.is_typing = find

    def compose(self) -> ComposeResult:
        """The table, its filter, the keys."""
        yield VerdictBar()
        yield PanelTable(self._panel)
        yield Line(placeholder="filter; !word for rows without it", select_on_focus=False)
        deeper = [("Enter", "messages")] if self._panel.HAS_MESSAGES else []
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

    def action_find(self) -> None:
        """Open the filter."""
        self.is_typing = True
        line = self.query_one(Input)
        line.add_class("-open")
        self.set_focus(line)
        self.type()

    def action_open(self) -> None:
        """Show the messages of the chosen host's queue."""
        chosen = self.query_one(PanelTable).chosen
        if self._panel.HAS_MESSAGES and chosen is not None and chosen.standings[0].host:
            from app.console.screens.messages import MessagesScreen

            self.app.push_screen(MessagesScreen(chosen.standings[0].host.name, self._main))

    def action_back(self) -> None:
        """Close the filter, then the screen."""
        line = self.query_one(Input)
        if not self.is_typing:
            self.dismiss()
            return
        line.value = ""
        self._close_filter()

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

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while it is typed."""
        self.query_one(PanelTable).search(event.value)

    def on_input_submitted(self) -> None:
        """Keep the filter, back to the rows."""
        self._close_filter()

    def _close_filter(self) -> None:
        self.is_typing = False
        self.query_one(Input).remove_class("-open")
        self.set_focus(self.query_one(PanelTable))
