"""The sidebar that does what it is told: each key on an item becomes an entry in the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.console.sidebar import stands
from app.incident.operator import me
from widgets.checklist import Checklist

if TYPE_CHECKING:
    from app.actions import Record
    from app.console.screens.main import MainScreen
    from app.sop.changes import Refused
    from app.sop.progress import Progress


class Procedure(Checklist):
    """The checklist of one main screen."""

    def __init__(self, main: MainScreen) -> None:
        super().__init__()
        self._main = main

    async def want(self, message: Checklist.Wanted) -> None:
        """Do it within the key's own turn: what is typed ahead goes to the question."""
        from app.sop import changes

        one = self._find(message.item)
        title = one.item.title
        match message:
            case Checklist.Ticked() if one.item.signoffs > 1 and one.state == "open":
                question = f"{title}: what did you test?"
                await self._ask(question, lambda said: changes.tick(one, me().name, said))
            case Checklist.Ticked():
                self._do(changes.tick(one, me().name))
            case Checklist.Failed():
                question = f"{title}: what went wrong?"
                await self._ask(question, lambda why: changes.fail(one, why), may_be_empty=True)
            case Checklist.RuledOut():
                question = f"{title}: why does it not apply?"
                await self._ask(question, lambda why: changes.not_applicable(one, why))
            case Checklist.TakenBack():
                self._do(changes.undo(one))
            case Checklist.Started():
                await self._start(one.item.action)
            case Checklist.Opened():
                await self._open(one)

    async def _start(self, action: str) -> None:
        """Run the command that does it."""
        command = next((one for one in self._main.offered if one.name == action), None)
        if command is not None:
            await command.run(self._main, command.KEYS[0])
        elif action:
            self._main.say(f"no command here does that yet ({action}); n notes how it was done")
        else:
            self._main.say("that is done by hand; space says that it is")

    async def _open(self, one: Progress) -> None:
        from app.console.screens.item import ItemScreen

        scene = self._main.scene
        entries = scene.situation.entries if scene and scene.situation else ()
        await self.app.push_screen(ItemScreen(one, entries, self._calls(one.item.call)))

    def _calls(self, role: str) -> list[str]:
        """Whom to call now who has the role, a line each."""
        from app.notices.contacts import contacts_now
        from checks.model import now

        config = self._main.session.engine.config
        if not role or config is None:
            return []
        return [one.line for one in contacts_now(config.contacts, now(), role)]

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

        def answered(said: str | None) -> None:
            if said is not None:
                self._do(change(said))

        await self.app.push_screen(AskScreen(question, may_be_empty=may_be_empty), answered)

    def _do(self, change: Record | Refused) -> None:
        from app.sop.changes import Refused

        if isinstance(change, Refused):
            self._main.say(change.why)
        else:
            self._main.hand.start(self._main.hand.perform(change))
