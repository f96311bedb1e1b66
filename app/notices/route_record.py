"""When each route last worked: a small file a route, in the state folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import msgspec
from msgspec import Struct

from app.incident.kinds import Delivery
from app.notices.route import Route
from checks.text import visible
from checks.when import from_iso

SIZE_LIMIT = 1 << 16


class Record(Struct, frozen=True, kw_only=True):
    """How a route fared: `worked` is when it last did; `tried`, `outcome` and `detail` the last."""

    worked: str = ""
    tried: str = ""
    outcome: str = ""
    detail: str = ""

    @property
    def worked_at(self) -> datetime | None:
        """When it last worked, if it ever did."""
        return from_iso(self.worked)


def record_of(state: Path, route: Route) -> Record:
    """What is known of `route`; nothing where it was never tried."""
    try:
        with _path(state, route).open("rb") as file:
            found = msgspec.json.decode(file.read(SIZE_LIMIT), type=Record)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return Record()
    return Record(
        worked=visible(found.worked, 40),
        tried=visible(found.tried, 40),
        outcome=visible(found.outcome, 20),
        detail=visible(found.detail),
    )


def remember(state: Path, route: Route, deliveries: Sequence[Delivery]) -> Record:
    """Keep how it fared. Raises OSError."""
    last = min(deliveries, key=lambda one: _ORDER.index(one.outcome))
    worked = any(one.outcome == "accepted" for one in deliveries)
    record = Record(
        worked=last.at if worked else record_of(state, route).worked,
        tried=last.at,
        outcome=last.outcome,
        detail=last.detail,
    )
    path = _path(state, route)
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        try:
            file.write(msgspec.json.encode(record) + b"\n")
            file.flush()
            os.fchmod(file.fileno(), path.parent.stat().st_mode & 0o660)
            Path(file.name).replace(path)
        except OSError:
            with suppress(OSError):
                Path(file.name).unlink()
            raise
    return record


_ORDER = ("refused", "unknown", "accepted")
"""What is told of several: the worst."""


def _path(state: Path, route: Route) -> Path:
    return state / "routes" / f"{route.name}.json"
