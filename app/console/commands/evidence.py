"""Everything that is not well, with what speaks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.console.command import Command

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen


class Evidence(Command):
    """``e``: the evidence."""

    KEYS = ("e",)
    WORD = "Evidence"
    HELP = "what speaks for the verdict; collects a host's evidence before it is restarted"
    PLACE = 30

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Open the evidence full screen."""
        from app.console.screens.evidence import EvidenceScreen

        await screen.app.push_screen(EvidenceScreen(screen))
