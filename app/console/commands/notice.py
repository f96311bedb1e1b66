"""Tell people: a notice to IT, management or users, by routes that do not need what is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.console.command import Command

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen
    from app.engine import Scene


class Notice(Command):
    """``c``: communicate."""

    KEYS = ("c",)
    WORD = "Notice"
    HELP = "tell people: a notice to IT team, management or users, seen before it is sent"
    PLACE = 14
    IS_EVERYWHERE = True

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Write the notice that is due."""
        from app.console.keeper import Keeper
        from app.console.screens.notice import NoticeScreen
        from app.console.writing import Writing
        from app.drafts import NOTICE

        now, config = screen.hand.situation, screen.session.engine.config
        if now is None or config is None:
            screen.say("no incident is open, and what is told has to be written: i opens one")
            return
        keeper = await Keeper.take(NOTICE, now.id)
        writing = Writing(lambda: _newest(screen), config, keeper.text)
        await screen.app.push_screen(NoticeScreen(screen, writing, keeper))


def _newest(screen: MainScreen) -> Scene | None:
    """What was seen last, with the log as it is now: the screen's own is a moment behind."""
    from msgspec.structs import replace

    scene = screen.scene
    return replace(scene, situation=screen.session.engine.desk.situation) if scene else None
