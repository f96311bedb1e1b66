"""Glyph, word and colour of a state: the only place.

Each state reads without colour: by its glyph in a cell, by its word in a line. A *role* is what a
piece of text is on the screen; `ROLES` gives each its look, in colours of the theme alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from checks.board import Standing
from checks.model import State


class Mark(Struct, frozen=True):
    """How a state is shown: one cell, one word, one role."""

    glyph: str
    word: str
    role: str


MARKS = {
    State.OK: Mark("✓", "ok", "good"),
    State.WARNING: Mark("!", "warning", "warn"),
    State.CRITICAL: Mark("✗", "critical", "bad"),
    State.UNKNOWN: Mark("?", "unknown", "odd"),
}
ASKING = Mark("·", "not yet asked", "dim")
STALE = Mark("?", "stale", "odd")
ABSENT = Mark("–", "not there", "dim")

ROLES = {
    "": "color: $foreground;",
    "dim": "color: $foreground 60%;",
    "head": "color: $foreground 60%;",
    "strong": "color: $foreground; text-style: bold;",
    "key": "color: $accent; text-style: bold;",
    "good": "color: $text-success;",
    "warn": "color: $text-warning;",
    "bad": "color: $error-lighten-2; text-style: bold;",
    "odd": "color: $secondary-lighten-3; text-style: italic;",
    "soft": "color: $text-warning; text-style: italic;",
    "frame": "color: $primary 60%;",
    "focus": "color: $primary;",
    "cursor": "color: $foreground; text-style: reverse;",
    "add": "color: $text-success;",
    "remove": "color: $text-error;",
    "add-part": "color: $text-success; text-style: bold underline;",
    "remove-part": "color: $text-error; text-style: bold underline;",
}
"""The look of each role, in Textual CSS."""

ASCII = str.maketrans(
    {
        **dict(zip("✓✗·–−—…→▸○●▾", "+x.---~>>o*v", strict=True)),
        **dict(zip("▁▂▃▄▅▆▇█", "_.-=+*#@", strict=True)),
        **dict(zip("─│╭╮╰╯", "-|++++", strict=True)),
    }
)
"""What is drawn where the terminal's encoding has no such characters."""


def theme(environ: Mapping[str, str]) -> str:
    """The Textual theme for a terminal: the terminal's own colours where it has but 16.

    `NO_COLOR` is Textual's: it draws any theme in greys; nothing here is said by colour alone.
    """
    has_many = environ.get("COLORTERM", "") in ("truecolor", "24bit")
    term = environ.get("TERM", "")
    return "textual-dark" if has_many or "256" in term or "direct" in term else "ansi-dark"


def css(widget: str) -> str:
    """The rules that give `widget` a component class for each role."""
    return "\n".join(f"{widget} > .{class_of(role)} {{ {look} }}" for role, look in ROLES.items())


def class_of(role: str) -> str:
    """The component class of a role."""
    return f"lines--{role or 'text'}"


def mark(standing: Standing, at: datetime) -> Mark:
    """How a check is shown: its latest answer, and how far that can be trusted.

    An answer that is not confirmed yet is *soft*: ``~``, with the number of the try.
    """
    result = standing.result
    if result is None:
        return ASKING
    if standing.is_stale(at):
        return STALE
    shown = MARKS[result.state]
    if not standing.is_soft:
        return shown
    if result.state == State.OK:
        return Mark("~", "ok again, not confirmed", "soft")
    tries = f"try {standing.tries} of {standing.failure_threshold}"
    return Mark("~", f"{shown.word}, {tries}", "soft")


def worst_mark(marks: list[Mark]) -> Mark:
    """The mark that needs a look first; `ABSENT` when there is none."""
    return max(marks, key=lambda one: _WEIGHT[one.role], default=ABSENT)


_WEIGHT = {"good": 0, "dim": 1, "odd": 2, "soft": 3, "warn": 4, "bad": 5}
