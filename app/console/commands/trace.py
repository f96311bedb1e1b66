"""Follow one message through the logs of all hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.console.command import Command

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen
    from app.console.session import Session


class Trace(Command):
    """``t``: where a message is."""

    KEYS = ("t",)
    WORD = "Trace"
    HELP = "follow one message through the logs of all hosts: a queue id, message id or address"
    PLACE = 76
    IS_EVERYWHERE = True

    def is_offered(self, session: Session) -> bool:
        """Not in the drill, whose servers write no log."""
        return session.drill is None

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Ask which, then show its way."""
        from app.console.screens.ask import AskScreen

        question = "follow which message: queue id, message id or address"
        screen.app.push_screen(AskScreen(question), lambda term: show(screen, term))


def show(screen: MainScreen, term: str | None) -> None:
    """Open the screen that follows `term`, when it can be one."""
    from app import tracing
    from app.console.screens.trace import TraceScreen
    from app.problem import Problem

    config = screen.session.engine.config
    if not term or config is None:
        return
    try:
        bare = tracing.checked(term)
    except Problem as problem:
        screen.say(str(problem))
        return
    work = tracing.trace(config.system, bare, hours=tracing.HOURS, deadline=tracing.DEADLINE)
    screen.app.push_screen(TraceScreen(bare, screen.session.engine.submit(work)))
