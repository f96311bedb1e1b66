"""Incidents told in a few lines, for tests of what is read from them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import msgspec

from app.incident.chain import GENESIS, Line, seal, verify, write
from app.incident.entry import Entry, read
from app.incident.folder import TABLE
from app.incident.kinds import Data
from app.incident.story import Story
from checks.when import iso

ONSET = datetime(2026, 11, 23, 2, 10, 53, tzinfo=UTC)

Said = tuple[float, str, Data]
"""Seconds after onset, who, and what they did."""


def at(seconds: float) -> datetime:
    return ONSET + timedelta(seconds=seconds)


def lines(said: Iterable[Said], texts: Sequence[str] = (), start: datetime = ONSET) -> list[Line]:
    """A log as it stands in the file, its chain whole."""
    made: list[Line] = []
    for n, (seconds, who, data) in enumerate(said, 1):
        # As it comes from the file: lists, and lone surrogates, which msgspec does not write.
        fields = json.loads(json.dumps(msgspec.to_builtins(data)))
        document = {
            "id": f"{n:032x}",
            "at": iso(start + timedelta(seconds=seconds)),
            "mono": int((1000 + seconds) * 1e9),
            "boot": "b",
            "operator": {"login": who, "tty": "pts/0", "address": "192.0.2.10"},
            "host": "jump",
            "kind": fields.pop("kind"),
            "text": texts[n - 1] if texts else "",
            "data": fields,
            "evidence": [],
        }
        made.append(seal(TABLE, n, made[-1].hash if made else GENESIS, document))
    return made


def entries(said: Sequence[Said], start: datetime = ONSET) -> tuple[Entry, ...]:
    return tuple(read(line.document) for line in lines(said, start=start))


def content(said: Sequence[Said], start: datetime = ONSET) -> bytes:
    return b"".join(write(line) for line in lines(said, start=start))


def story(
    said: Sequence[Said],
    texts: Sequence[str] = (),
    zone: tzinfo | None = UTC,
    start: datetime = ONSET,
    **rest: Any,
) -> Story:
    made = lines(said, texts, start)
    return Story(
        id="2026-11-23-01",
        entries=tuple(read(line.document) for line in made),
        verified=verify(b"".join(map(write, made))),
        zone=zone,
        **rest,
    )
