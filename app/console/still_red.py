"""What fails at the moment, in words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.model import State

if TYPE_CHECKING:
    from app.engine import Scene

SHOWN = 8
"""Checks that are named; more of them say nothing more."""


def still_red(scene: Scene | None) -> list[str]:
    """A line for each check that fails; nothing where all is well."""
    if scene is None:
        return []
    red = [
        f"STILL FAILING: {one.id} {one.result.summary}"
        for one in scene.board.standings.values()
        if one.result is not None and one.state == State.CRITICAL
    ]
    more = [f"and {len(red) - SHOWN} more"] if len(red) > SHOWN else []
    return red[:SHOWN] + more
