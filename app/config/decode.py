"""Makes a table of the config into a struct, and says everything that is wrong with it."""

from __future__ import annotations

import math
import re
from enum import EnumMeta
from functools import cache
from typing import Any, TypeVar, get_args

import msgspec
from msgspec import Struct
from msgspec.structs import FieldInfo, fields

from app.config.lines import Where
from app.config.rules import Rules, nearest, quoted
from app.config.source import ConfigError, Source
from checks.secret import Secret
from checks.text import visible

Table = TypeVar("Table", bound=Struct)


class Problems:
    """Collects what is wrong with one config. Values are not repeated: they may be secrets."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._found: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(self, where: Where, text: str) -> None:
        """Note that something is wrong at `where`."""
        line = self.source.line(where)
        label = self._label(where)
        place = f"{visible(str(self.source.path))}:{line}: {label}{': ' if label else ''}"
        self._found.append((line, place + text))

    def error(self) -> ConfigError:
        """All of it, in the order of the lines."""
        return ConfigError([text for _, text in sorted(self._found, key=lambda found: found[0])])

    def _label(self, where: Where) -> str:
        """The table that `where` lies in, e.g. ``host "mail1"`` or ``check.smtp``."""
        if len(where) < 2:
            return ""
        if where[0] in ("check", "targets"):
            return f"{where[0]}.{visible(str(where[1]), 60)}"
        label = str(where[0])
        inside: Any = self.source.document
        for kind, index in zip(where[::2], where[1::2], strict=False):
            if isinstance(index, int):
                inside = inside[kind][index]
                name = name_of(inside)
                label = f"{kind} {quoted(name) if name else index + 1}"
        return label


def name_of(table: object) -> str | None:
    """What tells a table from others of its kind; None when it does not say."""
    keys = ("name", "address", "id")
    names = [table.get(key) for key in keys] if isinstance(table, dict) else []
    return next((name for name in names if isinstance(name, str)), None)


def decode(
    table: object, shape: type[Table], where: Where, problems: Problems, rules: Rules | None = None
) -> Table | None:
    """`table` as a `shape`; None when there are problems, each of them noted."""
    if not isinstance(table, dict):
        named = f"{quoted(where[-1])} " if isinstance(where[-1], str) else ""
        problems.add(where, f"{named}must be a table")
        return None
    before = len(problems)
    known = _fields(shape)
    for key in table:
        if key not in known:
            problems.add((*where, key), f"unknown key {quoted(key)}{nearest(key, known)}")
    values = {
        name: _value(table[name], field, (*where, name), problems, rules)
        for name, field in known.items()
        if name in table
    }
    for name, field in known.items():
        if field.required and name not in table:
            problems.add(where, f"{quoted(name)} is missing")
    if len(problems) > before:
        return None
    try:
        return shape(**values)
    except ValueError as error:
        problems.add(where, f"{quoted(str(where[-1]))} {visible(str(error))}")
        return None


@cache
def _fields(shape: type[Struct]) -> dict[str, FieldInfo]:
    """The fields by name; msgspec works them out anew at each call."""
    return {field.encode_name: field for field in fields(shape)}


def _value(
    value: object, field: FieldInfo, where: Where, problems: Problems, rules: Rules | None
) -> object:
    name = quoted(field.encode_name)
    if Secret in (field.type, *get_args(field.type)):
        if isinstance(value, dict):
            return decode(value, Secret, where, problems)
        ways = '{ file = "…" }, { env = "…" } or { command = "…" }'
        problems.add(where, f"{name} must be {ways}, and is never written here itself")
        return None
    try:
        converted = msgspec.convert(value, field.type)
    except (msgspec.ValidationError, RecursionError, OverflowError) as error:
        problems.add(where, f"{name}: {_expected(error, field.type)}")
        return None
    if not _is_finite(converted):
        problems.add(where, f"{name} must be a finite number")
        return None
    try:
        if rules and field.encode_name in rules:
            rules[field.encode_name](converted)
    except ValueError as error:
        problems.add(where, f"{name}: {visible(str(error))}")
    return converted


_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "datetime": "a time",
    "date": "a date",
    "time": "a time of day",
}


def _expected(error: Exception, wanted: object) -> str:
    """Msgspec's words in ours. It never repeats the value of a number, text, list or table.

    "Expected `str`, got `int` - at `$[0]`" is "expected text, got a whole number (entry 1)".
    """
    if isinstance(wanted, EnumMeta):
        return f"must be one of {', '.join(wanted.__members__)}"
    text = str(error).replace(" | null", "")
    text = re.sub(r"`([a-z]+)`", lambda word: _WORDS.get(word[1], word[0]), text)
    text = re.sub(r" - at `\$\[(\d+)\]`$", lambda at: f" (entry {int(at[1]) + 1})", text)
    return visible(text[:1].lower() + text[1:], 200)


def _is_finite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, tuple, set, frozenset)):
        return True
    return all(map(_is_finite, value))
