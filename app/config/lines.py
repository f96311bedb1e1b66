"""Which line of a TOML text each table and key stands on; tomllib does not tell."""

from __future__ import annotations

import re

Where = tuple[str | int, ...]
"""A place in the document: ``("host", 0, "name")`` is the name of the first host."""

_SKIP = re.compile(
    r'("""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5})|("(?:\\.|[^"\\\n])*"|\'[^\'\n]*\')|#[^\n]*',
    re.DOTALL,
)
"""What may hold brackets and line ends without meaning them: (strings of several lines), (others)
and comments."""

_BARE = r"[A-Za-z0-9_-]+"
_QUOTED = r"\"(?:\\.|[^\"\\])*\"|'[^']*'"
_PART = re.compile(rf"{_BARE}|{_QUOTED}")
_DOTTED = rf"(?:{_PART.pattern})(?:\s*\.\s*(?:{_PART.pattern}))*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")
_STRING = re.compile(_QUOTED)


def lines_of(text: str) -> dict[Where, int]:
    r"""The line of each table and key that begins a line of `text`, which is valid TOML.

    >>> lines_of('[[host]]\nname = "mail1"')
    {('host', 0): 1, ('host', 0, 'name'): 2}
    """
    lines: dict[Where, int] = {}
    counts: dict[Where, int] = {}
    table: Where = ()
    depth = 0
    for number, line in enumerate(_SKIP.sub(_without, text).split("\n"), 1):
        if depth == 0 and (header := _HEADER.match(line)):
            table = _enter(counts, _parts(header[2]), is_array=header[1] == "[[")
            lines.setdefault(table, number)
            continue
        if depth == 0 and (key := _KEY.match(line)):
            parts = _parts(key[1])
            for length in range(1, len(parts) + 1):
                lines.setdefault((*table, *parts[:length]), number)
        bare = _STRING.sub("", line)
        depth += bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")
    return lines


def _without(match: re.Match[str]) -> str:
    """A comment goes, a string of several lines leaves its line ends, other strings stay."""
    return match[2] if match[2] is not None else "\n" * match[0].count("\n")


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(dotted)]


def _enter(counts: dict[Where, int], parts: list[str], *, is_array: bool) -> Where:
    """The place of a table whose header is `parts`; of an array it is the latest entry."""
    where: Where = ()
    for part in parts[:-1]:
        where = (*where, part)
        if where in counts:
            where = (*where, counts[where] - 1)
    where = (*where, parts[-1])
    if not is_array:
        return where
    counts[where] = counts.get(where, 0) + 1
    return (*where, counts[where] - 1)
