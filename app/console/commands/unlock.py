"""Read-only until it is unlocked: nothing changes a server before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.console.command import Command

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen


class Unlock(Command):
    """``w``: allow actions, or no longer."""

    KEYS = ("w",)
    WORD = "Unlock"
    HELP = "allow this session to change servers, after a yes; again: lock it. Both are logged"
    PLACE = 54

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Unlock after a yes, or lock."""
        hand = screen.hand
        if hand.situation is None:
            screen.say("no incident is open, and what is done has to be written: i opens one")
        elif hand.is_unlocked:
            hand.start(_lock(screen))
        else:
            hand.start(_unlock(screen))


async def _unlock(screen: MainScreen) -> None:
    from app.console.screens.confirm import YES, ConfirmScreen

    question = ConfirmScreen(
        "Unlock actions",
        f"this session may change servers of {screen.session.name}",
        ["Each command is still shown and asked for. It is locked again by w, and with the"
         " incident's end; both are written into its log."],
    )  # fmt: skip
    if await screen.hand.answer(question) == YES:
        await screen.hand.unlock(is_wanted=True)
        screen.say("actions are unlocked; w locks them")


async def _lock(screen: MainScreen) -> None:
    await screen.hand.unlock(is_wanted=False)
    screen.say("actions are locked")
