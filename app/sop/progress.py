"""How each item stands: what the log has of it, what its checks say, and what it lacks. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from app.incident.item_record import ItemRecord
from app.sop.evidence import Evidence, Seen, by_kind, heard, weigh
from app.sop.procedure import Item, Step
from checks.board import Board

if TYPE_CHECKING:
    from app.incident.told import Told

MET = ("done", "not applicable")
"""States in which an item keeps none back that needs it; one that failed does."""


class Progress(Struct, frozen=True, kw_only=True):
    """How one item stands. `lacks` holds what it needs and is not there yet."""

    item: Item
    record: ItemRecord = ItemRecord()
    evidence: Evidence = Evidence()
    lacks: tuple[Item, ...] = ()

    @property
    def state(self) -> str:
        """Open, done, failed or not applicable.

        What several must sign is done when so many different persons have, and by nothing else.
        """
        state = self.record.state
        if self.item.signoffs == 1 or state not in ("open", "done"):
            return state
        return "done" if len(self.record.signed) >= self.item.signoffs else "open"

    @property
    def who(self) -> str:
        """Who brought it to its state."""
        return ", ".join(self.record.signed) if self.item.signoffs > 1 else self.record.who

    @property
    def is_offered(self) -> bool:
        """Whether it is open, and its checks show that it is done."""
        return self.state == "open" and not self.lacks and self.evidence.is_enough


def progress(
    steps: Sequence[Step],
    records: Mapping[str, ItemRecord],
    board: Board | None,
    told: Mapping[str, Told] | None = None,
) -> tuple[Progress, ...]:
    """How each item of the procedure stands, in its order; `told` is what each audience heard."""
    found: dict[str, Progress] = {}
    seen = by_kind(board) if board else {}
    for item in (item for step in steps for item in step.items):
        lacking = (found[need] for need in item.needs if found[need].state not in MET)
        found[item.id] = Progress(
            item=item,
            record=records.get(item.id, ItemRecord()),
            evidence=_evidence(item, seen, board, told or {}),
            lacks=tuple(one.item for one in lacking),
        )
    return tuple(found.values())


def _evidence(
    item: Item, seen: Mapping[str, Sequence[Seen]], board: Board | None, told: Mapping[str, Told]
) -> Evidence:
    if item.tells:
        return heard(item, told)
    return weigh(item, seen, board.at) if board else Evidence()


def at_hand(items: Sequence[Progress]) -> Progress | None:
    """The next sensible item: the first that is open and lacks nothing.

    Where everything waits for something that failed, it is that.
    """
    ready = (one for one in items if one.state == "open" and not one.lacks)
    failed = (one for one in items if one.state == "failed")
    is_open = any(one.state == "open" for one in items)
    return next(ready, None) or (next(failed, None) if is_open else None)
