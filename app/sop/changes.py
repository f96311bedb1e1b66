"""What an operator does with an item, as a record for the log; or why that can't be. Pure.

Nothing is ever erased: what is taken back is taken back by another entry.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from app.actions import Record
from app.incident.kinds import ItemChanged, SignedOff
from app.sop.progress import Progress
from checks.when import clock


class Refused(Struct, frozen=True):
    """Nothing is written; `why` is a line for the operator."""

    why: str


def tick(one: Progress, who: str, said: str = "") -> Record | Refused:
    """`who` says that it is done; what several must sign, each signs with what they tested."""
    if one.state == "done":
        return Refused(_already(one))
    if one.item.signoffs == 1:
        return _change(one, "done", said)
    if one.state != "open":
        return Refused(f"it is {one.state}: take that back first")
    if who in one.record.signed:
        return Refused(f"{who} has signed; {_others(one)}")
    if not said.strip():
        return Refused("say what you tested")
    signed = SignedOff(item=one.item.id, title=one.item.title)
    return Record(signed, _text(one, said), one.evidence.lines)


def fail(one: Progress, reason: str = "") -> Record | Refused:
    """It was tried, and it did not work."""
    return _change(one, "failed", reason=reason)


def not_applicable(one: Progress, reason: str) -> Record | Refused:
    """There is nothing to do here, for a reason."""
    if not reason.strip():
        return Refused("say why it does not apply")
    return _change(one, "not applicable", reason=reason)


def undo(one: Progress) -> Record | Refused:
    """It is again what it was before; of what several sign, everybody signs anew."""
    if one.state == "open" and not one.record.signed:
        return Refused("there is nothing to take back: it is open")
    was = one.record.was if one.item.signoffs == 1 else "open"
    return _change(one, was if was != one.state else "open", reason="taken back")


def automatic(items: Iterable[Progress]) -> list[Record]:
    """Items that nobody has to tick, and that nobody has touched: not what somebody took back."""
    return [
        Record(
            ItemChanged(item=one.item.id, title=one.item.title, state="done", auto=True),
            evidence=one.evidence.lines,
        )
        for one in items
        if one.item.auto and one.is_offered and one.record.at is None
    ]


def _change(one: Progress, state: str, said: str = "", reason: str = "") -> Record | Refused:
    if one.state == state != "open":
        return Refused(_already(one))
    changed = ItemChanged(
        item=one.item.id, title=one.item.title, state=state, was=one.state, reason=reason.strip()
    )
    if state != "done":
        return Record(changed, evidence=one.evidence.lines)
    return Record(changed, _text(one, said), one.evidence.lines)


def _already(one: Progress) -> str:
    at = f" at {clock(one.record.at)}" if one.record.at else ""
    return f"{one.state} already, by {one.who}{at}; u takes it back"


def _others(one: Progress) -> str:
    left = one.item.signoffs - len(one.record.signed)
    return "somebody else must, too" if left == 1 else f"{left} others must, too"


def _text(one: Progress, said: str) -> str:
    """What was said, and what a reader of the log has to know of how sure it was."""
    ahead = ", ".join(item.title for item in one.lacks)
    lines = (
        said.strip(),
        f"ahead of: {ahead}" if ahead else "",
        "its checks do not show it" if one.evidence.doubts else "",
    )
    return "\n".join(line for line in lines if line)
