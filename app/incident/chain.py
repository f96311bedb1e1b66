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
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )
    return text.encode()


def seal(table: str, n: int, prev: str, document: Mapping[str, Any]) -> Line:
    """`document` at its place in the chain."""
    sealed = {**document, "n": n, "prev": prev}
    sealed.pop("hash", None)
    sealed["hash"] = _digest(table, n, sealed)
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


def _digest(table: str, n: int, document: Mapping[str, Any]) -> str:
    bare = {name: value for name, value in document.items() if name != "hash"}
    return hashlib.sha256(canonical({table: {str(n): bare}})).hexdigest()


class Verified(Struct, frozen=True, kw_only=True):
    """What `verify` found: `broken` is one line on the first thing that is wrong, or empty.

    `unfinished` counts the bytes after the last whole line: a writer was killed there.
    """

    entries: int
    head: str
    broken: str = ""
    unfinished: int = 0


def verify(content: bytes, witnessed: Sequence[str] = ()) -> Verified:
    """Whether the log in `content` is as it was written, also against heads kept elsewhere.

    A witnessed head is a hash, or its beginning (12 digits or more), with or without ``N:`` before.
    """
    whole, newline, rest = content.rpartition(b"\n")
    lines = whole.split(b"\n") if newline else []
    parsed = [parse(line) for line in lines]
    hashes = {line.n: line.hash for line in parsed if line}
    broken = _first_break(lines, parsed) or next(
        filter(None, (_missing(one, hashes) for one in witnessed)), ""
    )
    last = parsed[-1] if parsed else None
    return Verified(
        entries=len(lines), head=last.hash if last else "", broken=broken, unfinished=len(rest)
    )


def _first_break(lines: Sequence[bytes], parsed: Sequence[Line | None]) -> str:
    places: dict[int, int] = {}
    for place, line in enumerate(parsed):
        if line:
            places.setdefault(line.n, place)
    head, n = GENESIS, 0
    for place, (raw, line) in enumerate(zip(lines, parsed, strict=True)):
        if line is None:
            return f"entry {n + 1} was altered: line {place + 1} can't be read"
        if line.n == n + 1 and not _is_itself(raw, line):
            return f"entry {line.n} was altered"
        if line.n > n + 1:
            later = places.get(n + 1, -1) > place
            return (
                f"entry {n + 1} was reordered: entry {line.n} stands before it"
                if later
                else (f"entry {n + 1} was removed: entry {line.n} follows entry {n}")
            )
        if line.n <= n:
            return f"line {place + 1} was inserted: after entry {n} stands an entry {line.n}"
        if line.prev != head:
            return f"entry {line.n} was inserted or altered: it does not follow entry {n}"
        head, n = line.hash, line.n
    return ""


def _is_itself(raw: bytes, line: Line) -> bool:
    try:
        return (
            write(line) == raw + b"\n" and _digest(line.table, line.n, line.document) == line.hash
        )
    except (ValueError, RecursionError):
        return False


def _missing(witness: str, hashes: Mapping[int, str]) -> str:
    """What is wrong where the witnessed head is not in the log."""
    number, _, digest = witness.strip().lower().rpartition(":")
    if len(digest) < SHORTEST or set(digest) - set("0123456789abcdef"):
        raise ValueError(f"{witness!r} is not a hash: {SHORTEST} to 64 digits, 0 to 9 and a to f")
    found = [n for n, one in hashes.items() if one.startswith(digest)]
    if found and number in ("", str(found[0])):
        return ""
    last = max(hashes, default=0)
    if number.isdecimal() and int(number) > last:
        return f"entry {last + 1} was removed: the witnessed head is that of entry {number}"
    if number.isdecimal():
        return f"entry {number}, or one before it, was altered: its hash is not the witnessed one"
    return f"no entry has the witnessed head {digest[:SHORTEST]}…: some were altered or removed"


SHORTEST = 12
"""How many digits of a hash have to be given: nobody types 64 from a printed page."""
