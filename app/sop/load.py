"""Reads an SOP: the one that comes with mailmedic, or a house's own that replaces or extends it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec.structs import replace

from app.config.decode import Problems, decode
from app.config.lines import Where
from app.config.rules import nearest, quoted
from app.config.source import ConfigError, FileKind, Source
from app.sop.procedure import Item, Step
from app.sop.tables import ITEM_RULES, STEP_RULES, ItemTable, SopTable, StepTable
from checks.text import visible

DEFAULT = Path(__file__).with_name("default.toml")

OURS = FileKind("an SOP", "it came with mailmedic: install that again")
THEIRS = FileKind("an SOP", "an SOP has [[step]] and [[step.item]]", is_guarded=True)


def load(path: Path | None = None) -> tuple[Step, ...]:
    """The procedure at `path`, else the one that comes with mailmedic.

    Raises ConfigError with all that is wrong with it, a line each.
    """
    problems = Problems(Source(path, THEIRS) if path else Source(DEFAULT, OURS))
    table = decode(problems.source.document, SopTable, (), problems)
    if table is None:
        raise problems.error()
    draft = _Draft(load() if table.extends else (), problems)
    for n, step in enumerate(table.step):
        draft.take_step(step, ("step", n))
    draft.drop(table.drop)
    if not problems:
        draft.look_over()
    if problems:
        raise problems.error()
    return draft.procedure()


def best(path: Path | None) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """The procedure at `path`; where that has mistakes, ours and what they are.

    A typo in a file must not leave anybody without a procedure at 03:10.
    """
    try:
        return load(path), ()
    except ConfigError as error:
        return load(), error.problems


class _Draft:
    """A procedure while tables are worked into it."""

    def __init__(self, steps: tuple[Step, ...], problems: Problems) -> None:
        self._titles = {step.id: step.title for step in steps}
        self._items = {step.id: list(step.items) for step in steps}
        self._problems = problems
        self._written: dict[str, Where] = {}
        """Where this file says something about an item, or, with ``[[step]]`` before it, a step."""

    def procedure(self) -> tuple[Step, ...]:
        """The steps that have something to do."""
        return tuple(
            Step(id=name, title=self._titles[name], items=tuple(items))
            for name, items in self._items.items()
            if items
        )

    def take_step(self, table: dict[str, Any], where: Where) -> None:
        """Work one ``[[step]]`` in."""
        step = decode(table, StepTable, where, self._problems, STEP_RULES)
        if step is None or self._is_twice(f"[[step]] {step.id}", where):
            return
        title = step.title or self._titles.get(step.id)
        if title is None:
            self._problems.add(where, '"title" is missing')
            title = step.id
        self._titles[step.id] = visible(title)
        self._items.setdefault(step.id, [])
        for n, item in enumerate(step.item):
            self._take_item(item, step.id, (*where, "item", n))

    def _take_item(self, table: dict[str, Any], step: str, where: Where) -> None:
        item = decode(table, ItemTable, where, self._problems, ITEM_RULES)
        if item is None or self._is_twice(item.id, where):
            return
        home = next((name for name, items in self._items.items() if _find(items, item.id)), step)
        if home != step:
            self._problems.add(where, f"it is an item of step {quoted(home)}, and stays there")
            return
        items = self._items[step]
        before = _find(items, item.id)
        made = _made(item, before, where, self._problems)
        if made is None:
            return
        if before is not None and item.after is None:
            items[items.index(before)] = made
            return
        if before is not None:
            items.remove(before)
        self._place(made, item.after, items, where)

    def _place(self, item: Item, after: str | None, items: list[Item], where: Where) -> None:
        ids = [one.id for one in items]
        if after is not None and after not in ids:
            text = f"no item before it in this step is called {quoted(after)}{nearest(after, ids)}"
            self._problems.add((*where, "after"), f'"after": {text}')
        items.insert(ids.index(after) + 1 if after in ids else len(items), item)

    def _is_twice(self, key: str, where: Where) -> bool:
        """Whether this file has said something about it before."""
        if key in self._written:
            line = self._problems.source.line(self._written[key])
            self._problems.add(where, f"there is one of this id already, on line {line}")
            return True
        self._written[key] = where
        return False

    def drop(self, ids: tuple[str, ...]) -> None:
        """Leave items out; nothing needs them any more."""
        known = [item.id for items in self._items.values() for item in items]
        for name in ids:
            if name not in known:
                text = f"no item is called {quoted(name)}{nearest(name, known)}"
                self._problems.add(("drop",), f'"drop": {text}')
        for step, items in self._items.items():
            self._items[step] = [
                replace(item, needs=tuple(need for need in item.needs if need not in ids))
                for item in items
                if item.id not in ids
            ]

    def look_over(self) -> None:
        """Note what does not fit together."""
        items = [item for items in self._items.values() for item in items]
        if not items:
            self._problems.add((), "there is no [[step.item]]")
        ids = [item.id for item in items]
        for n, item in enumerate(items):
            for need in item.needs:
                if need not in ids[:n]:
                    late = "comes later" if need in ids else "is no item" + nearest(need, ids)
                    text = f'"needs" of {quoted(item.id)}: {quoted(need)} {late}'
                    self._problems.add((*self._written.get(item.id, ()), "needs"), text)


def _find(items: list[Item], name: str) -> Item | None:
    return next((item for item in items if item.id == name), None)


def _made(table: ItemTable, before: Item | None, where: Where, problems: Problems) -> Item | None:
    """The item that `table` makes, of `before` if that was there; None when it can't be made."""
    given: dict[str, Any] = {
        name: visible(value) if isinstance(value, str) else value
        for name in Item.__struct_fields__
        if (value := getattr(table, name)) is not None
    }
    missing = [name for name in ("title", "what", "why") if before is None and name not in given]
    for name in missing:
        problems.add(where, f"{quoted(name)} is missing")
    if missing:
        return None
    made = replace(before, **given) if before is not None else Item(**given)
    shown = made.checks or made.tells
    for key, is_set, by in (
        ("when", made.when != "any" and not made.checks, "checks"),
        ("over", made.over and not made.tells, "tells"),
        ("auto", made.auto and not shown, "checks"),
    ):
        if is_set:
            text = f"{quoted(key)} says how {quoted(by)} count, and there are none"
            problems.add((*where, key), text)
    if made.checks and made.tells:
        problems.add((*where, "tells"), '"tells" and "checks" exclude each other')
    if made.auto and made.signoffs > 1:
        problems.add((*where, "auto"), '"auto" and "signoffs" exclude each other')
    return made
