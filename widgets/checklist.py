"""The SOP as a sidebar: steps with their items, folded but for the one that is at hand.

It only says what the operator wants of an item; the screen does it, and shows what came of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from widgets.checklist_rows import (
    ChecklistFoot,
    ChecklistItem,
    ChecklistStep,
    foot_rows,
    hint_rows,
    item_row,
    step_row,
)
from widgets.lines import Framed
from widgets.text import Row, Span, row

__all__ = ["Checklist", "ChecklistFoot", "ChecklistItem", "ChecklistStep"]

Place = tuple[int, int | None]
"""A step, and an item of it, or None for the step's own line."""

CLOSING = ("Ticked", "Failed", "RuledOut")
FOLDING = ("Ticked", "Opened")


class Checklist(Framed):
    """Steps and items with a cursor; enter and space fold and unfold a step."""

    TITLE = "SOP"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("g", "await_step", "Go to step", show=False),
        *(Binding(f"{n}", f"jump({n})", f"Step {n}", show=False) for n in range(1, 10)),
        Binding("pagedown", "move_step(1)", "Next step", show=False),
        Binding("pageup", "move_step(-1)", "Step before", show=False),
        Binding("space", "want('Ticked')", "Done", show=False),
        Binding("x", "want('Failed')", "Failed", show=False),
        Binding("minus", "want('RuledOut')", "Not applicable", show=False),
        Binding("u", "want('TakenBack')", "Undo", show=False),
        Binding("a", "want('Started')", "Act", show=False),
        Binding("enter", "want('Opened')", "Details", show=False),
    ]
    DEFAULT_CSS = "Checklist { width: 34; }"
    can_focus = True

    class Wanted(Message):
        """The operator wants something of an item: each subclass says what."""

        def __init__(self, item: str) -> None:
            super().__init__()
            self.item = item

    class Ticked(Wanted):
        """It is done."""

    class Failed(Wanted):
        """It was tried, and did not work."""

    class RuledOut(Wanted):
        """It does not apply."""

    class TakenBack(Wanted):
        """It shall be again what it was before."""

    class Started(Wanted):
        """The command that does it is wanted."""

    class Opened(Wanted):
        """Why, evidence and history are wanted."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.heading = ""
        self.steps: tuple[ChecklistStep, ...] = ()
        self.foot: ChecklistFoot | None = None
        self.at: datetime | None = None
        self.cursor: Place = (0, None)
        self._next: Place | None = None
        self._acted: Place | None = None
        self._unfolded: set[int] = set()
        self._top = 0
        self._is_jumping = False

    # Data down

    def show(self, steps: tuple[ChecklistStep, ...], foot: ChecklistFoot | None = None) -> None:
        """Draw `steps` and `foot`; the step of the next item is unfolded when it comes to it."""
        is_first, self.steps, self.foot = not self.steps, steps, foot
        before, self._next = self._next, _next(steps)
        if is_first or self._may_move_on():
            self.cursor, self._acted = self._next or self.cursor, None
        self._fold(before)
        if self.cursor not in self._places():
            self.cursor = (min(self.cursor[0], max(0, len(steps) - 1)), None)
        self.redraw()

    def _may_move_on(self) -> bool:
        """Whether the cursor may go to the next item.

        While the operator is here only what they did themselves moves it: somebody else's tick must
        not take away the item that the next key is meant for.
        """
        if self.screen.focused is not self:
            return True
        step, item = self._acted or (0, None)
        return item is not None and self.steps[step].items[item].state != "open"

    def _fold(self, before: Place | None) -> None:
        """Unfold the step that it goes on with, when it is another one; fold what is through."""
        step = self._next[0] if self._next else 0
        if before is None or before[0] != step:
            self._unfolded.add(step)
        if before and before[0] not in (step, self.cursor[0]) and self.steps[before[0]].is_closed:
            self._unfolded.discard(before[0])

    def tick(self, at: datetime) -> None:
        """Draw how long it is to the next notice."""
        self.at = at
        if self.foot is not None:
            self.redraw()

    # Drawing

    @property
    def title(self) -> str:
        """What stands in the frame, left."""
        return self.heading or self.TITLE

    def note(self) -> Row:
        """What ``g`` waits for."""
        return (Span(f"step 1–{len(self.steps)}?", "key"),) if self._is_jumping else ()

    def inside(self, width: int, height: int) -> Sequence[Row]:
        """The lines round the cursor, and the foot as far as there is room."""
        if not self.steps:
            return (row(Span("no procedure", "dim")),)
        places = self._places()
        foot = foot_rows(self.foot, self.at, width) if self.foot else []
        if len(places) + 1 + len(foot) > height:
            foot = foot[: height // 4]
        room = height - len(foot)
        line = places.index(self.cursor)
        self._top = max(0, min(self._top, line, len(places) - room), line - room + 1)
        rows = [self._row(place, width) for place in places[self._top : self._top + room]]
        blank: list[Row] = [()] if len(rows) < room else []
        drawn = [*rows, *blank, *foot]
        hints = hint_rows(width) if self.has_focus else []
        left = height - len(drawn) - len(hints)
        return [*drawn, *[()] * left, *hints] if left > 0 else drawn

    def _row(self, place: Place, width: int) -> Row:
        step, item = place
        if item is None:
            return step_row(step, self.steps[step], width)
        return item_row(self.steps[step].items[item], width)

    def cursor_line(self) -> int | None:
        """Shown while the sidebar has the focus."""
        if not self.has_focus or not self.steps:
            return None
        return self._places().index(self.cursor) - self._top + 1

    def _places(self) -> list[Place]:
        """What each line is."""
        return [
            place
            for n, step in enumerate(self.steps)
            for place in [(n, None), *((n, k) for k in range(len(step.items)))]
            if place[1] is None or n in self._unfolded
        ]

    # Keys

    def action_move(self, by: int) -> None:
        """Move the cursor by lines."""
        places = self._places()
        if places:
            line = places.index(self.cursor) + by
            self._go(places[max(0, min(line, len(places) - 1))])

    def action_move_step(self, by: int) -> None:
        """Move the cursor by steps."""
        self._jump(self.cursor[0] + by)

    def action_await_step(self) -> None:
        """Take the next digit for a step."""
        self._is_jumping = True
        self.redraw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Textual's hook: digits are panels' keys, but for the one after ``g``."""
        return self._is_jumping if action == "jump" else super().check_action(action, parameters)

    def action_jump(self, number: int) -> None:
        """Go to the step with that number."""
        self._jump(number - 1)

    def on_blur(self) -> None:
        """The next digit is none of ours."""
        self._is_jumping = False

    def _jump(self, step: int) -> None:
        """Unfold a step, and go to what is open in it."""
        if self.steps:
            step = max(0, min(step, len(self.steps) - 1))
            self._unfolded.add(step)
            items = enumerate(self.steps[step].items)
            self._go((step, next((k for k, item in items if item.state == "open"), None)))

    def _go(self, place: Place) -> None:
        self.cursor, self._acted, self._is_jumping = place, None, False
        self.redraw()

    async def action_want(self, what: str) -> None:
        """Say what is wanted of the item under the cursor; a step is folded or unfolded."""
        step, place = self.cursor
        self._is_jumping = False
        if place is not None:
            item = self.steps[step].items[place]
            if item.state == "open" and what in CLOSING:
                self._acted = self.cursor
            wanted: type[Checklist.Wanted] = getattr(self, what)
            await self.want(wanted(item.id))
        elif what in FOLDING:
            self._unfolded ^= {step}
        self.redraw()

    async def want(self, message: Wanted) -> None:
        """Tell whoever holds us, within the key's own turn: a question can catch the next key."""
        self.post_message(message)


def _next(steps: Sequence[ChecklistStep]) -> Place | None:
    """Where the item is that is marked as the next one."""
    for n, step in enumerate(steps):
        for k, item in enumerate(step.items):
            if item.is_next:
                return n, k
    return None
