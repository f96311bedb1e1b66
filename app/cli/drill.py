"""A practice outage on an embedded mail system; needs no root, no network, no mail server."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace


def add_arguments(_parser: ArgumentParser) -> None:
    """The drill takes nothing yet."""


def run(_arguments: Namespace) -> int:
    """Open the console on the practice system. Raises Problem."""
    from app.console.open import open_console
    from app.console.session import Session
    from app.console.terminal import unfit
    from app.drill.drill import Drill, watched
    from app.problem import Problem

    reason = unfit()
    if reason:
        raise Problem(f"{reason}; the drill needs a terminal of its own")
    drill = Drill()
    return open_console(Session("Practice mail (drill)", watched(drill), drill=drill))
