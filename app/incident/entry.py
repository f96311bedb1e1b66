"""One entry of the log: who did what, where and when, and its place in the chain of hashes."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache, lru_cache
from math import isfinite
from pathlib import Path
from typing import Any, get_args

import msgspec
from msgspec import Struct

from app.incident.kinds import Data, Known, Unknown
from app.incident.operator import Operator, me
from checks.model import now
from checks.text import LINE_LIMIT, redact, visible
from checks.when import iso

TEXT_LIMIT = 20_000
"""Longest line of a text that is kept, in characters: a pasted log fits, a disk does not."""

OPERATORS = 64
"""How many are remembered: a handful writes thousands of entries."""

_KINDS = {kind.__struct_config__.tag: kind for kind in get_args(Known)}

EPOCH = datetime.fromtimestamp(0, UTC)


class Entry(Struct, frozen=True, kw_only=True):
    """One entry. `n` is its place in the log; 0 while it could not be written yet.

    `mono` is nanoseconds since the boot that `boot` names. `document` is what the file holds, with
    whatever a newer version has added.
    """

    n: int
    id: str
    at: datetime
    mono: int
    boot: str
    operator: Operator
    host: str
    kind: str
    text: str
    data: Known | Unknown
    evidence: tuple[str, ...]
    prev: str
    hash: str
    document: dict[str, Any]

    @property
    def is_written(self) -> bool:
        """Whether it is in the log, on disk."""
        return self.n > 0

    @property
    def who(self) -> str:
        """Whom to name for it; ``auto`` where nobody did it."""
        is_auto = not isinstance(self.data, Unknown) and self.data.is_auto
        return "auto" if is_auto else self.operator.name

    @property
    def head(self) -> str:
        """Its number and hash, as a witness keeps them: ``17:ab12…``; empty while it waits."""
        return f"{self.n}:{self.hash}" if self.is_written else ""

    @property
    def unknown(self) -> dict[str, Any]:
        """What another version wrote that this one has no field for."""
        rest = {
            name: value
            for name, value in self.document.items()
            if name not in self.__struct_fields__
        }
        if isinstance(self.data, Unknown):
            rest |= self.data.fields
        else:
            known = self.data.__struct_fields__
            data = self.document.get("data", {})
            rest |= {name: data[name] for name in data if name not in known}
        return {str(harmless(name)): harmless(value) for name, value in rest.items()}

    def lines(self) -> list[str]:
        """Everything that it holds for a reader, a line each, what happened first; never empty."""
        found = [line for line in self.data.lines() if line]
        if isinstance(self.data, Unknown):
            found.insert(0, self.kind)
        found += self.text.split("\n") if self.text else []
        found += [f"| {line}" for one in self.evidence for line in one.split("\n")]
        found += [f"{name}: {value}" for name, value in self.unknown.items()]
        return "\n".join(found or [self.kind]).split("\n")


def new(data: Data, text: str = "", evidence: Iterable[str] = ()) -> dict[str, Any]:
    """A document for the log, of this moment and by this operator."""
    fields = _clean(msgspec.to_builtins(data))
    return {
        "id": uuid.uuid4().hex,
        "at": iso(now()),
        "mono": time.clock_gettime_ns(time.CLOCK_BOOTTIME),
        "boot": boot_id(),
        "operator": _myself(),
        "host": visible(os.uname().nodename),
        "kind": fields.pop("kind"),
        "text": _clean(text),
        "data": fields,
        "evidence": [_clean(line) for line in evidence],
    }


@cache
def _myself() -> dict[str, str]:
    found: dict[str, str] = _clean(msgspec.to_builtins(me()))
    return found


def read(document: dict[str, Any]) -> Entry:
    """The entry that `document` holds; whatever is missing or strange in it, something is shown.

    The file is outside text too: anybody in the group may have written it.
    """
    evidence = document.get("evidence")
    number = document.get("n", 0)
    mono = document.get("mono", 0)
    return Entry(
        n=number if isinstance(number, int) else 0,
        id=_text(document, "id"),
        at=time_of(document),
        mono=mono if isinstance(mono, int) else 0,
        boot=_text(document, "boot"),
        operator=_operator(document.get("operator")),
        host=_text(document, "host"),
        kind=_text(document, "kind") or "?",
        text=str(harmless(_plain(document, "text"))),
        data=_data(document),
        evidence=tuple(harmless(line) for line in evidence) if isinstance(evidence, list) else (),
        prev=_text(document, "prev"),
        hash=_text(document, "hash"),
        document=document,
    )


def _plain(document: dict[str, Any], name: str) -> str:
    value = document.get(name, "")
    return value if isinstance(value, str) else repr(value)


def _text(document: dict[str, Any], name: str) -> str:
    """One line: what is no more than a word must not look like entries of its own."""
    value = _plain(document, name)
    return value if value.isprintable() and len(value) <= LINE_LIMIT else visible(value)


def time_of(document: dict[str, Any]) -> datetime:
    """When it was written; `EPOCH` for what is no time."""
    try:
        at = datetime.fromisoformat(document["at"])
    except (KeyError, TypeError, ValueError):
        return EPOCH
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _operator(value: Any) -> Operator:
    if not isinstance(value, dict):
        return Operator()
    return _named(*(_text(value, name) for name in Operator.__struct_fields__))


@lru_cache(OPERATORS)
def _named(*words: str) -> Operator:
    return Operator(**dict(zip(Operator.__struct_fields__, words, strict=True)))


def _data(document: dict[str, Any]) -> Known | Unknown:
    fields = harmless(document.get("data", {}))
    if not isinstance(fields, dict):
        return Unknown({"data": fields})
    kind = document.get("kind")
    try:
        known: Known = msgspec.convert(fields, _KINDS[kind if isinstance(kind, str) else ""])
    except (KeyError, msgspec.ValidationError):
        return Unknown(fields)
    return known


@cache
def boot_id() -> str:
    """Which boot of this machine it is (random(4))."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def harmless(value: Any) -> Any:
    """`value` with each text in it made visible, line by line."""
    match value:
        case str():
            if value.isprintable() and len(value) <= TEXT_LIMIT:
                return value
            lines = value.replace("\r\n", "\n").split("\n")
            return "\n".join(visible(line, TEXT_LIMIT) for line in lines)
        case dict():
            return {harmless(key): harmless(inner) for key, inner in value.items()}
        case list() | tuple():
            return [harmless(inner) for inner in value]
    return value


def _clean(value: Any) -> Any:
    """`value` as the log may keep it: harmless, secrets masked, numbers that JSON has."""
    match value:
        case str():
            return redact(harmless(value))
        case dict():
            return {_clean(key): _clean(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_clean(inner) for inner in value]
        case float() if not isfinite(value):
            return str(value)
    return value
