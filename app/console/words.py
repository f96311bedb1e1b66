"""A scene in the nouns that the strips and the sidebar draw. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from app.engine import Scene
from app.sop import Step
from widgets.checklist import ChecklistItem, ChecklistStep
from widgets.log_strip import LogLine


def log(scene: Scene) -> tuple[LogLine, ...]:
    """What turned, the newest last."""
    return tuple(
        LogLine(at=turn.at, who="auto", text=f"{turn.check} {turn.summary}", state=turn.after)
        for turn in scene.board.turns
    )


def steps(procedure: Sequence[Step]) -> tuple[ChecklistStep, ...]:
    """The procedure as the sidebar draws it."""
    return tuple(
        ChecklistStep(
            title=step.title, items=tuple(ChecklistItem(title=item.title) for item in step.item)
        )
        for step in procedure
    )
