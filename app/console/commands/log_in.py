"""Hand the real terminal to ssh, where a host's login wants an answer from a person."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from app.console.command import Command
from checks.hosts import LoginError

if TYPE_CHECKING:
    from app.console.screens.main import MainScreen
    from app.console.session import Session
    from checks.hosts.ssh import SshLogin


class LogIn(Command):
    """``L``: answer ssh's questions."""

    KEYS = ("L",)
    WORD = "Login"
    HELP = "answer what ssh asks (passphrase, PIN, code, host key) in the real terminal"
    PLACE = 65

    def is_offered(self, session: Session) -> bool:
        """Only where some host is reached over ssh."""
        return session.watches_over_ssh

    async def run(self, screen: MainScreen, key: str) -> None:  # noqa: ARG002
        """Open the connection of each host that waits for an answer, one after the other."""
        waiting = shut_out(screen)
        if not waiting:
            screen.say("no host waits for an answer")
            return
        try:
            with screen.app.suspend(), ctrl_c_is_for_ssh():
                for login in waiting:
                    print(f"\n{login.name} ({login.destination}); Ctrl-C gives up")  # noqa: T201
                    # Blocks this loop on purpose: the terminal is ssh's; the engine goes on.
                    subprocess.run(login.interactive_argv(), check=False)  # noqa: ASYNC221
        except (SuspendNotSupported, OSError, LoginError) as error:
            screen.say(f"ssh could not be asked: {error}")
        for login in waiting:
            login.retry()
        screen.session.engine.run_now()


@contextmanager
def ctrl_c_is_for_ssh() -> Iterator[None]:
    """Stay, whatever is pressed; a handler, because ssh would inherit that it is ignored."""
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def shut_out(screen: MainScreen) -> list[SshLogin]:
    """The logins that do not let us in at the moment, each once."""
    from checks.hosts.ssh import SshLogin

    if screen.scene is None:
        return []
    found = {}
    for standing in screen.scene.board.standings.values():
        login = standing.host.login if standing.host else None
        codes = standing.result.codes if standing.result else ()
        if isinstance(login, SshLogin) and any(code.startswith("login.") for code in codes):
            found[login.name] = login
    return list(found.values())
