"""The incident: open one, or see how the one that is open stands."""

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
    HELP = "open an incident; where one is open: how it stands, roles, severity, hypotheses, close"
    PLACE = 15
    IS_PINNED = True

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Show the one that is open; else ask what to call a new one, and open it."""
        scene = screen.scene
        if scene is None:
            screen.say("nothing has been seen yet; a moment")
        elif screen.hand.situation is not None:
            from app.console.screens.incident import IncidentScreen

            await screen.app.push_screen(IncidentScreen(screen))
        else:
            screen.hand.start(_open(screen, scene))


async def _open(screen: MainScreen, scene: Scene) -> None:
    from app.console.screens.ask import AskScreen

    proposed = scene.verdict.scope.summary or scene.verdict.summary
    title = await screen.hand.answer(AskScreen("Open an incident", proposed))
    if title is not None:
        desk = screen.session.engine.desk
        found = await screen.hand.submit(desk.open(title, scene.board, scene.verdict))
        screen.say(f"incident {found.id} is open; everything is written into its log")
