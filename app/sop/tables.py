"""The tables of an SOP file, as they are written, and what their values may be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from app.config import rules
from app.config.rules import Rules, nearest, quoted

WHEN = ("any", "bad", "good")

ACTIONS = ("note", "notice", "fix", "verify", "run", "diff", "evidence", "print")
"""The operator commands that an item can start."""

PERSONS = 9
"""Most sign-offs that an item can ask for; a team has no more at night."""


class SopTable(Struct, frozen=True, kw_only=True):
    """The file. With `extends` it changes the procedure that comes with mailmedic.

    `drop` names items that are left out of it.
    """

    extends: bool = False
    drop: tuple[str, ...] = ()
    step: tuple[dict[str, Any], ...] = ()


class StepTable(Struct, frozen=True, kw_only=True):
    """``[[step]]``. A step that is there already may leave out its title."""

    id: str
    title: str | None = None
    item: tuple[dict[str, Any], ...] = ()


class ItemTable(Struct, frozen=True, kw_only=True):
    """``[[step.item]]``. What an item that is there already leaves out stays as it is.

    `after` names the item of the same step that it stands behind; otherwise a new one comes last.
    """

    id: str
    after: str | None = None
    title: str | None = None
    what: str | None = None
    why: str | None = None
    evidence: str | None = None
    checks: tuple[str, ...] | None = None
    when: str | None = None
    tells: tuple[str, ...] | None = None
    over: bool | None = None
    auto: bool | None = None
    action: str | None = None
    needs: tuple[str, ...] | None = None
    signoffs: int | None = None
    call: str | None = None


def words(text: str) -> None:
    """Something to read."""
    if not text.strip():
        raise ValueError("must not be empty")


def when(text: str) -> None:
    """Which hard states are evidence."""
    if text not in WHEN:
        raise ValueError(f'must be "any", "bad" or "good", not {quoted(text)}{nearest(text, WHEN)}')


def kinds(texts: Iterable[str]) -> None:
    """Kinds of check."""
    from checks import registry

    known = registry.kinds()
    for text in texts:
        if text not in known:
            raise ValueError(f"no check is called {quoted(text)}{nearest(text, known)}")


def action(text: str) -> None:
    """An operator command; nothing is none."""
    if text and text not in ACTIONS:
        hint = nearest(text, ACTIONS) or f"; there are {', '.join(ACTIONS)}"
        raise ValueError(f"no action is called {quoted(text)}{hint}")


def persons(number: int) -> None:
    """How many must agree."""
    if not 1 <= number <= PERSONS:
        raise ValueError(f"must be from 1 to {PERSONS}")


STEP_RULES: Rules = {"id": rules.name, "title": words}
ITEM_RULES: Rules = {
    "id": rules.name,
    "title": words,
    "what": words,
    "why": words,
    "checks": kinds,
    "when": when,
    "tells": rules.audience,
    "action": action,
    "signoffs": persons,
    "call": rules.name,
}
