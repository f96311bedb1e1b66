"""The incident: open one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.console.command import Command

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen
    from app.engine import Scene


class Incident(Command):
    """``i``: the incident."""

    KEYS = ("i",)
    WORD = "Incident"
    HELP = "open an incident: from then on everything is written into its log"
    PLACE = 15
    IS_PINNED = True

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Ask what to call it, and open it."""
        from app.console.screens.ask import AskScreen

        scene, now = screen.scene, screen.hand.situation
        if scene is None:
            screen.say("nothing has been seen yet; a moment")
        elif now is not None:
            screen.say(f"incident {now.id} is open")
        else:
            proposed = scene.verdict.scope.summary or scene.verdict.summary
            question = AskScreen("Open an incident", proposed)
            await screen.hand.ask(question, lambda title: _open(screen, scene, title))


async def _open(screen: MainScreen, scene: Scene, title: str) -> None:
    desk = screen.session.engine.desk
    found = await screen.hand.submit(desk.open(title, scene.board, scene.verdict))
    screen.say(f"incident {found.id} is open; everything is written into its log")
