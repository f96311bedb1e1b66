"""The main screen: composes the widgets and hands them each scene; it does nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Grid, Horizontal, Vertical
from textual.reactive import Reactive, reactive
from textual.screen import Screen
from textual.widget import Widget

from app.console.command import Command, commands
from app.console.hand import Hand
from app.console.procedure import Procedure
from app.console.screens.panel import PanelScreen
from app.console.session import Session
from app.console.sidebar import foot, steps
from app.engine import Scene
from checks.model import now
from widgets.cause_strip import CauseStrip, failing
from widgets.checklist import Checklist
from widgets.key_bar import KeyBar
from widgets.log_strip import LogStrip
from widgets.panel import Panel
from widgets.panels import panels
from widgets.text import Span
from widgets.verdict_bar import VerdictBar

COMMANDS = commands()

KEYS = {
    (command, key): Binding(key, f"command({place}, {key!r})", command.WORD, show=False)
    for place, command in enumerate(COMMANDS)
    for key in command.KEYS
}
EVERYWHERE = [binding for (command, _), binding in KEYS.items() if command.IS_EVERYWHERE]

AGES_EVERY = 5.0
"""Seconds between two looks at what depends on time alone; ages are shown in such steps."""


SLOW_CLOCK = 10
"""Seconds between two pictures of the clock over a slow line."""


def incident_of(scene: Scene | None) -> str:
    """The incident that is shown; empty where there is none."""
    return scene.situation.id if scene and scene.situation else ""


class MainScreen(Screen[None]):
    """What the operator works in."""

    BINDINGS: ClassVar[list[BindingType]] = [*KEYS.values()]

    # Textual's own repaints the whole screen at each change of focus.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    scene: reactive[Scene | None] = reactive(None, repaint=False)
    is_frozen: reactive[bool] = reactive(False, repaint=False)
    is_slow: reactive[bool] = reactive(False, repaint=False)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.offered = [command for command in COMMANDS if command.is_offered(session)]
        self.hand = Hand(self)
        self._newest: Scene | None = None

    def compose(self) -> ComposeResult:
        """Bar, procedure, cause, panels, log, keys."""
        yield VerdictBar()
        with Horizontal(id="middle"):
            yield Procedure(self)
            with Vertical(id="work"):
                yield CauseStrip()
                with Grid(id="panels"):
                    yield from (panel() for panel in panels())
                yield LogStrip()
        keys = {command: (command.shown, command.WORD) for command in self.offered}
        pinned = [key for command, key in keys.items() if command.IS_PINNED]
        yield KeyBar(
            [key for key in keys.values() if key not in pinned], *pinned, ("^p", "palette")
        )

    def on_mount(self) -> None:
        """Show the procedure, start the clocks."""
        sidebar = self.query_one(Checklist)
        sidebar.heading = "SOP: not yours, see doctor" if self.session.sop_mistakes else ""
        sidebar.show(steps(self.session.procedure, None))
        self.go_to_panel(1)
        self.call_after_refresh(self.hand.look_for_drafts)
        self.set_interval(1.0, self._second)
        self.set_interval(AGES_EVERY, self._ages)

    # Data down

    def show(self, scene: Scene) -> None:
        """Take a newer scene; while the screen is frozen it waits."""
        self._newest = scene
        if not self.is_frozen:
            self.scene = scene

    def watch_scene(self, before: Scene | None, scene: Scene | None) -> None:
        """Hand the scene to every widget."""
        if scene is None:
            return
        if incident_of(before) != incident_of(scene):
            self.hand.look_for_drafts()
        # The screen is painted before what an incident needs is loaded.
        from app.console.words import log, log_title

        self._second()
        self.query_one(CauseStrip).show(failing(scene.board, scene.board.at))
        self.query_one(Checklist).show(steps(self.session.procedure, scene), foot(scene))
        self.query_one(LogStrip).show(log(scene), log_title(scene))
        for panel in self.query(Panel):
            panel.onset = scene.verdict.since
            panel.board = scene.board

    def _second(self) -> None:
        if self.session.error is not None:
            raise self.session.error
        self.tell(self.query_one(VerdictBar))
        if not self.is_frozen:
            self.query_one(Checklist).tick(now())

    def tell(self, bar: VerdictBar) -> None:
        """Show the verdict in `bar`; the screens that cover this one have one too."""
        if self.scene is None:
            return
        from app.console.bar import note, verdict

        at = self.scene.board.at if self.is_frozen else now()
        system, is_frozen = self.scene.board.system, self.is_frozen
        shown, noted = verdict(self.scene), (*self.hand.remark, *note(self.scene, at))
        if self.is_slow:
            at = at.replace(second=at.second // SLOW_CLOCK * SLOW_CLOCK)
            noted = (Span("SLOW LINE  ", "soft"), *noted)
        bar.show(shown, at, system=system, frozen=is_frozen, note=noted)

    def _ages(self) -> None:
        if not self.is_frozen:
            for panel in self.query(Panel):
                panel.tick(now())

    # What commands do

    def freeze(self) -> None:
        """Hold the screen still, or show the newest again."""
        self.is_frozen = not self.is_frozen
        if not self.is_frozen and self._newest is not None:
            self.scene = self._newest
        self._second()

    def go_to_panel(self, number: int) -> None:
        """Focus a panel; in a small terminal it is the one that is shown."""
        self.remove_class("-sop-shown")
        for panel in self.query(Panel):
            # The class has a look in a small terminal only; elsewhere its styles can wait.
            is_it, is_small = number == panel.NUMBER, self.has_class("-narrow")
            panel.set_class(is_it, "-chosen", update=is_small)
            if is_it:
                # At once, unlike panel.focus(): Enter may be the very next key.
                self.set_focus(panel)

    def open_panel(self, number: int | None = None, *, find: bool = False) -> None:
        """Show a panel full screen: that one, else the one that has the focus."""
        for panel in self.query(Panel):
            is_it = number == panel.NUMBER if number else panel.has_class("-chosen")
            if is_it:
                self.app.push_screen(PanelScreen(panel, self, find=find))

    def on_panel_opened(self, message: Panel.Opened) -> None:
        """Enter on a panel."""
        self.open_panel(message.panel.NUMBER)

    def say(self, text: str) -> None:
        """A short word at the edge of the screen."""
        self.notify(text, timeout=3, markup=False)

    async def action_command(self, place: int, key: str) -> None:
        """Run the command that the key stands for."""
        if COMMANDS[place] in self.offered:
            await COMMANDS[place].run(self, key)

    def palette(self) -> Iterable[SystemCommand]:
        """Every command, for the palette."""
        for command in self.offered:
            yield SystemCommand(command.WORD, command.HELP, partial(self._run, command))

    async def _run(self, command: Command) -> None:
        await command.run(self, command.KEYS[0])
