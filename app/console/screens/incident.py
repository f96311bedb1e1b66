"""Where the incident stands, live, and what can be done about it by a single letter."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from app.console import acts
from app.console.command import commands_in
from app.console.commands.print import Print
from app.console.screens.help import HelpScreen
from app.console.standing import standing
from app.console.words import log, log_title
from app.engine import Scene
from app.incident.metrics import NO_TARGETS
from app.incident.targets import TARGETS
from checks.model import now
from widgets.key_bar import KeyBar
from widgets.log_strip import LogStrip
from widgets.reader import Reader
from widgets.verdict_bar import VerdictBar

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen

ACTS = sorted([*commands_in(acts), Print()], key=lambda act: act.PLACE)


class IncidentScreen(Screen[None]):
    """Follows the main screen's scenes; what is asked stands over it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,i", "dismiss"),
        Binding("question_mark", "help"),
        *(
            Binding(key, f"act({place})", act.WORD)
            for place, act in enumerate(ACTS)
            for key in act.KEYS
        ),
    ]
    DEFAULT_CSS = """
    IncidentScreen.-narrow LogStrip { display: none; }
    """

    def __init__(self, main: MainScreen) -> None:
        super().__init__()
        self._main = main

    def compose(self) -> ComposeResult:
        """The bar, where it stands, what was written last, the keys."""
        yield VerdictBar()
        yield Reader("Incident", [])
        yield LogStrip()
        keys = [(act.shown, act.WORD) for act in ACTS]
        yield KeyBar([*keys, ("?", "help")], ("Esc", "back"))

    def on_mount(self) -> None:
        """Follow the main screen; what is counted runs on."""
        self.watch(self._main, "scene", self._show)
        self.set_interval(1.0, self._second)

    def _show(self, scene: Scene | None) -> None:
        if scene is not None:
            self.query_one(LogStrip).show(log(scene), "Log")
            self._second()

    def _second(self) -> None:
        self._main.tell(self.query_one(VerdictBar))
        scene = self._main.scene
        if scene is None or scene.situation is None:
            return
        at = scene.board.at if self._main.is_frozen else now()
        config = self._main.session.engine.config
        targets = (config.targets if config else TARGETS).get(scene.situation.severity, NO_TARGETS)
        self.query_one(Reader).show(log_title(scene), standing(scene.situation, targets, at))

    async def action_act(self, place: int) -> None:
        """Do what the key stands for."""
        act = ACTS[place]
        await act.run(self._main, act.KEYS[0])

    def action_help(self) -> None:
        """What each of the letters does."""
        self.app.push_screen(HelpScreen(ACTS))
