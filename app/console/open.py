"""Opens the console in this terminal, and gives the terminal back."""

from __future__ import annotations

import os
import sys
from signal import Signals
from typing import TYPE_CHECKING

from app.console import garbage

if TYPE_CHECKING:
    from app.console.session import Session


def open_console(session: Session) -> int:
    """Show `session` until the operator leaves; the exit status."""
    garbage.rest()
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    from app.console.console import Console
    from app.console.terminal import given_back, write_whole

    write_whole()
    app = Console(session)

    def leave(why: Signals) -> None:
        session.parting = f"terminal lost ({why.name})"
        if app._loop is not None:  # noqa: SLF001 - from a signal handler nothing else is safe
            app._loop.call_soon_threadsafe(app.exit)  # noqa: SLF001

    with given_back(leave, session.end):
        try:
            status = app.run(mouse=False)
        finally:
            session.end()
    if app.crash:
        print(f"mailmedic: {app.crash}", file=sys.stderr)  # noqa: T201
        return 3
    return session.farewell.bid() if session.farewell else status or 0
