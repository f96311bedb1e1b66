"""What the sidebar shows of the procedure and of the people on the incident. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from app.engine import Scene
from app.sop import Step
from app.sop.progress import Progress, at_hand, progress
from widgets.checklist import ChecklistFoot, ChecklistItem, ChecklistStep


def stands(procedure: Sequence[Step], scene: Scene | None) -> tuple[Progress, ...]:
    """How each item stands; what checks show counts while an incident is open."""
    now = scene.situation if scene else None
    if scene is None or now is None:
        return progress(procedure, {}, None)
    return progress(procedure, now.items, scene.board if now.is_open else None, now.told)


def steps(procedure: Sequence[Step], scene: Scene | None) -> tuple[ChecklistStep, ...]:
    """The procedure as it is drawn."""
    items = stands(procedure, scene)
    following = at_hand(items)
    drawn = {one.item.id: _item(one, is_next=one is following) for one in items}
    return tuple(
        ChecklistStep(step.title, tuple(drawn[item.id] for item in step.items))
        for step in procedure
    )


def foot(scene: Scene) -> ChecklistFoot | None:
    """Who is here and what is due, while an incident is open."""
    from app.incident import due

    now = scene.situation
    if now is None or not now.is_open:
        return None
    return ChecklistFoot(
        next_notice=now.next_notice,
        eta=due.expected(now),
        lead=now.roles.get("lead", ""),
        here=now.here,
    )


def _item(one: Progress, *, is_next: bool) -> ChecklistItem:
    return ChecklistItem(
        id=one.item.id,
        title=one.item.title,
        state=one.state,
        who=one.who,
        at=one.record.at,
        is_next=is_next,
        is_offered=one.is_offered,
        signed=len(one.record.signed),
        signoffs=one.item.signoffs,
    )
