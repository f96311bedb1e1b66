"""Do not wait for the next turn of the checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.console.command import Command

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen


class RunNow(Command):
    """``r``: all checks now."""

    KEYS = ("r",)
    WORD = "Run"
    HELP = "run all checks now"
    PLACE = 60

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Run every check that is waiting."""
        screen.session.engine.run_now()
        screen.say("running all checks")
