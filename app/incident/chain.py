"""The chain of hashes: each entry carries that of the one before, so that none can change unseen.

A line of the log is the canonical JSON (RFC 8259; keys sorted, ASCII, no blanks) of
``{TABLE: {NUMBER: ENTRY}}``; the hash is the SHA-256 of that line without the hash itself. Somebody
who may write the file can compute all hashes anew: that shows against a *witnessed* head only, one
that was kept out of their reach (syslog, a notice, the printed page).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

GENESIS = "0" * 64
"""What the first entry has for the hash before it."""

_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
).encode


class Line(Struct, frozen=True):
    """A line of the log that could be read."""

    table: str
    n: int
    document: dict[str, Any]

    @property
    def prev(self) -> str:
        """The hash of the line before."""
        return str(self.document.get("prev", ""))

    @property
    def hash(self) -> str:
        """The hash of this one."""
        return str(self.document.get("hash", ""))


def canonical(value: Any) -> bytes:
    """The one way to write `value`. Raises ValueError for what JSON has no way to write."""
    return _encode(value).encode()


def seal(table: str, n: int, prev: str, document: Mapping[str, Any]) -> Line:
    """`document` at its place in the chain."""
    sealed = {**document, "n": n, "prev": prev}
    sealed.pop("hash", None)
    sealed["hash"] = hashlib.sha256(canonical({table: {str(n): sealed}})).hexdigest()
    return Line(table, n, sealed)


def write(line: Line) -> bytes:
    """`line` as it stands in the file."""
    return canonical({line.table: {str(line.n): line.document}}) + b"\n"


def parse(line: bytes) -> Line | None:
    """What stands in `line`; None when that is not a line of a log."""
    try:
        ((table, documents),) = msgspec.json.decode(
            line, type=dict[str, dict[str, dict[str, Any]]]
        ).items()
        ((number, document),) = documents.items()
        return Line(table, int(number), document)
    except (ValueError, RecursionError):
        return None


class Verified(Struct, frozen=True, kw_only=True):
    """What `verify` found: `broken` is one line on the first thing that is wrong, or empty.

    `unfinished` counts the bytes after the last whole line: a writer was killed there.
    """

    entries: int
    head: str
    broken: str = ""
    unfinished: int = 0


SHORTEST = 12
"""How many digits of a hash have to be given: nobody types 64 from a printed page."""

_Head = tuple[int, str]
"""A witnessed head: the entry's number, 0 where it is not known, and the hash or its beginning."""

_Break = tuple[int, str]
"""What is wrong: at which entry, and in words."""


def verify(content: bytes, witnessed: Sequence[str] = ()) -> Verified:
    """Whether the log in `content` is as it was written, also against heads kept elsewhere.

    A witnessed head is a hash, or its beginning (12 digits or more), with or without ``N:`` before.
    The more of them, the closer the first entry is named that was altered together with all hashes
    after it. Raises ValueError for what is no head.
    """
    heads = sorted(map(_head, witnessed))
    whole, newline, rest = content.rpartition(b"\n")
    lines = [_unaltered(raw) for raw in whole.split(b"\n")] if newline else []
    found = filter(None, (_first_break(lines, heads), _first_missing(lines, heads)))
    _, broken = min(found, key=lambda one: one[0], default=(0, ""))
    last = lines[-1] if lines else None
    return Verified(
        entries=len(lines), head=last.hash if last else "", broken=broken, unfinished=len(rest)
    )


def _head(text: str) -> _Head:
    number, _, digest = text.strip().lower().rpartition(":")
    is_hash = SHORTEST <= len(digest) <= len(GENESIS) and not set(digest) - set("0123456789abcdef")
    if not is_hash or not (number or "0").isdecimal():
        raise ValueError(f"{text!r} is not a hash: {SHORTEST} to 64 digits, 0 to 9 and a to f")
    return int(number or 0), digest


def _unaltered(raw: bytes) -> Line | None:
    """The line; None when it can't be read, or is not what its own hash says."""
    line = parse(raw)
    try:
        if line and write(seal(line.table, line.n, line.prev, line.document)) == raw + b"\n":
            return line
    except (ValueError, RecursionError):
        pass
    return None


def _first_break(lines: Sequence[Line | None], heads: Sequence[_Head]) -> _Break | None:
    before = GENESIS
    for number, line in enumerate(lines, 1):
        if line is None or line.n != number or line.prev != before:
            return _what_broke(lines, number, before, heads)
        before = line.hash
    return None


def _what_broke(
    lines: Sequence[Line | None], number: int, before: str, heads: Sequence[_Head]
) -> _Break:
    """What befell the log where the chain, whole up to there, does not go on with `number`."""
    here = lines[number - 1]
    others = list(filter(None, (*lines[: number - 1], *lines[number:])))
    if any(line.n == number and line.prev == before for line in others):
        if here and here.n > number and here not in others:
            return number, f"entry {number} was reordered: entry {here.n} stands before it"
        return number, f"line {number} was inserted: entry {number} stands after it"
    if here is None:
        return number, f"entry {number} was altered: it is not what its hash says"
    if here.n > number:
        place = f"follows entry {number - 1}" if number > 1 else "stands first"
        return number, f"entry {number} was removed: entry {here.n} {place}"
    if here.n == number:
        was = f"entry {number - 1}, or one before it," if number > 1 else "entry 1"
        return max(1, number - 1), f"{was} was altered: entry {number} has another hash before it"
    return _second(here, number, others, heads)


def _second(here: Line, number: int, others: Sequence[Line], heads: Sequence[_Head]) -> _Break:
    """Which of two entries of one number is too many: what others or a witness build on stays."""
    built_on = [line.prev for line in others] + [digest for _, digest in heads]
    if here not in others and any(map(here.hash.startswith, filter(None, built_on))):
        return here.n, f"line {here.n} was inserted: the entry {here.n} is that in line {number}"
    return number, f"line {number} was inserted: entry {here.n} stands before it"


def _first_missing(lines: Sequence[Line | None], heads: Sequence[_Head]) -> _Break | None:
    """The first witnessed head that the log has not, from the lowest number up."""
    hashes = [(line.n, line.hash) for line in lines if line]
    last = max((n for n, _ in hashes), default=0)
    sure = 0
    for number, digest in heads:
        if any(found.startswith(digest) and number in {0, n} for n, found in hashes):
            sure = number
        elif not number:
            return last + 1, f"no entry has the witnessed head {digest[:SHORTEST]}…"
        elif number > last:
            text = f"entry {last + 1} was removed: the witnessed head is that of entry {number}"
            return last + 1, text
        else:
            span = "" if number == sure + 1 else f", or one after entry {sure},"
            return number, f"entry {number}{span} was altered: its hash is not the witnessed one"
    return None
