"""The SOP as a sidebar: steps with their items, folded but for the one that is at hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from msgspec import Struct
from textual.binding import Binding, BindingType

from checks.model import State
from checks.when import clock
from widgets.lines import Framed
from widgets.state import ABSENT, MARKS, Mark
from widgets.text import Row, Span, pad, row, width_of

OPEN = Mark("○", "open", "dim")
ITEM_MARKS = {
    "open": OPEN,
    "done": MARKS[State.OK],
    "failed": MARKS[State.CRITICAL],
    "not applicable": ABSENT,
}


class ChecklistItem(Struct, frozen=True):
    """One thing to do. `state` is open, done, failed or not applicable."""

    title: str
    state: str = "open"
    who: str = ""
    at: datetime | None = None


class ChecklistStep(Struct, frozen=True):
    """A step, and what is to be done in it."""

    title: str
    items: tuple[ChecklistItem, ...]

    @property
    def closed(self) -> int:
        """How many items need nobody any more."""
        return sum(item.state != "open" for item in self.items)


class Checklist(Framed):
    """Steps and items with a cursor; enter folds and unfolds a step."""

    TITLE = "SOP"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("enter,space", "fold", "Fold", show=False),
    ]
    DEFAULT_CSS = "Checklist { width: 34; }"
    can_focus = True

    steps: tuple[ChecklistStep, ...] = ()
    at_hand = 0
    """The line under the cursor, counted over everything that is unfolded."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._unfolded: set[int] | None = None
        self._top = 0

    def show(self, steps: tuple[ChecklistStep, ...]) -> None:
        """Draw `steps`; at first the earliest that has something open is unfolded."""
        self.steps = steps
        if self._unfolded is None:
            undone = (n for n, step in enumerate(steps) if step.closed < len(step.items))
            self._unfolded = {next(undone, 0)}
        self.redraw()

    def _places(self) -> list[tuple[int, int | None]]:
        """What each line is: a step, or an item of one."""
        return [
            place
            for n, step in enumerate(self.steps)
            for place in [(n, None), *((n, k) for k in range(len(step.items)))]
            if place[1] is None or n in (self._unfolded or ())
        ]

    def inside(self, width: int, height: int) -> Sequence[Row]:
        """The lines round the cursor."""
        places = self._places()
        self._top = max(0, min(self._top, self.at_hand, len(places) - height))
        self._top = max(self._top, self.at_hand - height + 1)
        shown = places[self._top : self._top + height]
        return [
            _step(n, self.steps[n], width) if k is None else _item(self.steps[n].items[k], width)
            for n, k in shown
        ]

    def cursor_line(self) -> int | None:
        """Shown while the sidebar has the focus."""
        return self.at_hand - self._top + 1 if self.has_focus and self.steps else None

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.at_hand = max(0, min(self.at_hand + by, len(self._places()) - 1))
        self.redraw()

    def action_fold(self) -> None:
        """Fold or unfold the step under the cursor, or that of the item under it."""
        places = self._places()
        if not places:
            return
        step = places[min(self.at_hand, len(places) - 1)][0]
        self._unfolded = (self._unfolded or set()) ^ {step}
        self.at_hand = self._places().index((step, None))
        self.redraw()


def _step(number: int, step: ChecklistStep, width: int) -> Row:
    is_closed = step.closed == len(step.items)
    role = "good" if is_closed else "warn" if step.closed else ""
    count = Span(f"{step.closed}/{len(step.items)}", role)
    title = row(Span(f"{number + 1} {step.title}", "strong"))
    return (*pad(title, width - width_of((count,)) - 1), Span(" "), count)


def _item(item: ChecklistItem, width: int) -> Row:
    mark = ITEM_MARKS.get(item.state, OPEN)
    at = f"{clock(item.at)[:5]} " if item.at else ""
    title = row(" ", Span(f"{mark.glyph} ", mark.role), f"{at}{item.title}")
    if not item.who:
        return title
    return (*pad(title, width - width_of(row(item.who)) - 1), Span(" "), Span(item.who, "dim"))
