"""What the SOP sidebar draws: steps, items and the foot, each as rows. Pure."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from checks.model import State
from checks.when import clock
from widgets.figures import brief
from widgets.state import ABSENT, MARKS, Mark
from widgets.text import Row, Span, fit, pad, row, width_of

OPEN = Mark("○", "open", "dim")
OFFERED = Mark("●", "its checks show that it is done", "good")
ITEM_MARKS = {
    "open": OPEN,
    "done": MARKS[State.OK],
    "failed": MARKS[State.CRITICAL],
    "not applicable": ABSENT,
}

KEYS = (
    ("space", "done"),
    ("x", "failed"),
    ("u", "undo"),
    ("-", "n/a"),
    ("a", "act"),
    ("enter", "more"),
    ("g1", "step"),
)

WIDE = 30
"""Cells inside the frame from which there is room for the time of a tick."""

NAME_CELLS = 8

HERE_LINES = 4
"""Most lines for those who are here; a team of more is counted."""


class ChecklistItem(Struct, frozen=True, kw_only=True):
    """One thing to do. `state` is open, done, failed or not applicable.

    It `is_offered` when its checks show that it is done; `signed` of `signoffs` have signed it.
    """

    id: str
    title: str
    state: str = "open"
    who: str = ""
    at: datetime | None = None
    is_next: bool = False
    is_offered: bool = False
    signed: int = 0
    signoffs: int = 1


class ChecklistStep(Struct, frozen=True):
    """A step, and what is to be done in it."""

    title: str
    items: tuple[ChecklistItem, ...]

    @property
    def closed(self) -> int:
        """How many items need nobody any more."""
        return sum(item.state != "open" for item in self.items)

    @property
    def is_closed(self) -> bool:
        """Whether nothing in it is open any more."""
        return self.closed == len(self.items)


class ChecklistFoot(Struct, frozen=True, kw_only=True):
    """What stands below the steps while an incident is open."""

    next_notice: datetime | None = None
    eta: datetime | None = None
    lead: str = ""
    here: tuple[str, ...] = ()


def step_row(number: int, step: ChecklistStep, width: int) -> Row:
    """A step, and how much of it is closed."""
    role = "good" if step.is_closed else "warn" if step.closed else ""
    count = Span(f"{step.closed}/{len(step.items)}", role)
    title = row(Span(f"{number + 1} {step.title}", "strong"))
    return (*pad(title, width - width_of((count,)) - 1), Span(" "), count)


def item_row(item: ChecklistItem, width: int) -> Row:
    """An item: ``▸`` before the next one, its mark, when and by whom it was closed."""
    is_open = item.state == "open"
    mark = OFFERED if is_open and item.is_offered else ITEM_MARKS.get(item.state, OPEN)
    at = f"{clock(item.at)[:5]} " if item.at and not is_open and width >= WIDE else ""
    lead = Span("▸" if item.is_next else " ", "key")
    before = row(" ", lead, " ") if is_open else (lead,)
    words = Span(f"{at}{item.title}", "strong" if item.is_next else "")
    title = (*before, Span(f"{mark.glyph} ", mark.role), words)
    end = _end(item, is_open=is_open)
    if not end:
        return title
    return (*pad(title, width - width_of(end) - 1), Span(" "), *end)


def _end(item: ChecklistItem, *, is_open: bool) -> Row:
    """Who brought it there, or how many have signed."""
    if not is_open:
        return fit((Span(item.who, "dim"),), NAME_CELLS) if item.who else ()
    return (Span(f"{item.signed}/{item.signoffs}", "warn"),) if item.signoffs > 1 else ()


def hint_rows(width: int) -> list[Row]:
    """What the keys do, as many to a row as fit."""
    rows: list[Row] = [()]
    for key, word in KEYS:
        hint = row(Span(key, "key"), Span(f" {word}  ", "dim"))
        if rows[-1] and width_of((*rows[-1], *hint)) - 2 > width:
            rows.append(())
        rows[-1] = (*rows[-1], *hint)
    return rows


def foot_rows(foot: ChecklistFoot, at: datetime | None, width: int) -> list[Row]:
    """Next notice, ETA, lead, and who is here; what is missing is said."""
    is_wide = width >= WIDE
    label = 13 if is_wide else 8
    rows: list[tuple[str, Span]] = []
    if foot.next_notice is not None:
        rows.append(("Next notice" if is_wide else "Notice", _due(foot.next_notice, at)))
    if foot.eta is not None:
        rows.append(("ETA", _due(foot.eta, at)))
    rows.append(("Lead", Span(foot.lead) if foot.lead else Span("nobody", "warn")))
    here = foot.here
    if len(here) > HERE_LINES:
        here = (*here[: HERE_LINES - 1], f"and {len(here) - HERE_LINES + 1} more")
    rows += [("" if n else "Here", Span(who)) for n, who in enumerate(here)]
    return [(*pad((Span(name, "dim"),), label), value) for name, value in rows]


def _due(due: datetime, at: datetime | None) -> Span:
    """When it is due, in minutes: seconds would cost bytes on the line."""
    when = clock(due)[:5]
    if at is None:
        return Span(when, "warn")
    left = (due - at).total_seconds()
    if left < 0:
        return Span(f"{when} ({brief(-left)} late)" if left <= -60 else f"{when} (late)", "bad")
    return Span(f"{when} (in {brief(left)})" if left >= 60 else f"{when} (now)", "warn")
