"""The sidebar that does what it is told: each key on an item becomes an entry in the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.actions import Record
from app.console.sidebar import stands
from app.incident.operator import me
from app.sop import changes
from app.sop.changes import Refused
from app.sop.progress import Progress
from widgets.checklist import Checklist

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen


class Procedure(Checklist):
    """The checklist of one main screen."""

    def __init__(self, main: MainScreen) -> None:
        super().__init__()
        self._main = main

    async def on_checklist_ticked(self, message: Checklist.Ticked) -> None:
        """It is done; what several must sign, each signs with what they tested."""
        one = self._find(message.item)
        if one.item.signoffs > 1 and one.state == "open":
            question = f"{one.item.title}: what did you test?"
            await self._ask(question, lambda said: changes.tick(one, me().name, said))
        else:
            await self._do(changes.tick(one, me().name))

    async def on_checklist_failed(self, message: Checklist.Failed) -> None:
        """It was tried, and did not work."""
        one = self._find(message.item)
        question = f"{one.item.title}: what went wrong?"
        await self._ask(question, lambda reason: changes.fail(one, reason), may_be_empty=True)

    async def on_checklist_ruled_out(self, message: Checklist.RuledOut) -> None:
        """It does not apply."""
        one = self._find(message.item)
        question = f"{one.item.title}: why does it not apply?"
        await self._ask(question, lambda reason: changes.not_applicable(one, reason))

    async def on_checklist_taken_back(self, message: Checklist.TakenBack) -> None:
        """It shall be again what it was."""
        await self._do(changes.undo(self._find(message.item)))

    async def on_checklist_started(self, message: Checklist.Started) -> None:
        """The command that does it."""
        action = self._find(message.item).item.action
        command = next((one for one in self._main.offered if one.name == action), None)
        if command is not None:
            await command.run(self._main, command.KEYS[0])
        elif action:
            self._main.say(f"no command here does that yet ({action}); n notes how it was done")
        else:
            self._main.say("that is done by hand; space says that it is")

    async def on_checklist_opened(self, message: Checklist.Opened) -> None:
        """What it is for, how it stands, and what was done with it."""
        from app.console.screens.item import ItemScreen

        scene = self._main.scene
        entries = scene.situation.entries if scene and scene.situation else ()
        await self.app.push_screen(ItemScreen(self._find(message.item), entries))

    def _find(self, item: str) -> Progress:
        found = stands(self._main.session.procedure, self._main.scene)
        return next(one for one in found if one.item.id == item)

    async def _ask(
        self,
        question: str,
        change: Callable[[str], Record | Refused],
        *,
        may_be_empty: bool = False,
    ) -> None:
        from app.console.screens.ask import AskScreen

        if self._main.hand.situation is None:
            self._main.say("no incident is open; i opens one")
            return
        asked = AskScreen(question, may_be_empty=may_be_empty)
        await self._main.hand.ask(asked, lambda said: self._do(change(said)))

    async def _do(self, change: Record | Refused) -> None:
        if isinstance(change, Refused):
            self._main.say(change.why)
        else:
            self._main.hand.start(self._main.hand.perform(change))
