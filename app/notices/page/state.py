"""What a status page shows, and keeps: ``status.json`` beside it, for scripts too. Pure."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from app.incident.entry import harmless
from app.notices.phases import RESOLVED
from checks.when import from_iso

SCHEMA = "mailmedic.page/1"

INCIDENTS = 50
"""Most incidents that a page shows; the oldest leave."""

UPDATES = 200
"""Most updates of one incident: a day of one every ten minutes has 144."""


class Update(Struct, frozen=True, kw_only=True):
    """What was told at a time. `notice` is its id, by which it stands there once."""

    notice: str
    at: str
    phase: str
    subject: str
    text: str

    @property
    def moment(self) -> datetime | None:
        """When, as a time; None for what is no time."""
        return from_iso(self.at)


class PageIncident(Struct, frozen=True, kw_only=True):
    """One incident, the newest update last."""

    id: str
    updates: tuple[Update, ...]

    @property
    def last(self) -> Update:
        """What was told last."""
        return self.updates[-1]

    @property
    def is_over(self) -> bool:
        """Whether its readers were told so."""
        return self.last.phase == RESOLVED


class Page(Struct, frozen=True, kw_only=True):
    """All of it, the newest incident first. `components` are as they were told last."""

    schema: str = SCHEMA
    updated: str = ""
    components: dict[str, str] = {}
    incidents: tuple[PageIncident, ...] = ()

    @property
    def open(self) -> list[PageIncident]:
        """Those that go on."""
        return [one for one in self.incidents if not one.is_over]

    @property
    def over(self) -> list[PageIncident]:
        """The history."""
        return [one for one in self.incidents if one.is_over]


def decode(content: bytes) -> Page:
    """What `encode` wrote. Raises ValueError for anything else."""
    try:
        page = msgspec.json.decode(content, type=Page)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error
    is_whole = all(one.updates for one in page.incidents)
    if page.schema != SCHEMA or not is_whole:
        raise ValueError(f"it is not of the schema {SCHEMA}")
    return page


def encode(page: Page) -> bytes:
    """The page as JSON."""
    return msgspec.json.format(msgspec.json.encode(page), indent=2) + b"\n"


def gated(page: Page) -> Page:
    """The page with each text in it made visible: the file is outside text, as are notices."""
    return msgspec.convert(harmless(msgspec.to_builtins(page)), Page)


def with_update(page: Page, incident: str, update: Update, components: dict[str, str]) -> Page:
    """The page after one more update; one that is there already is replaced, not repeated."""
    before = next((one for one in page.incidents if one.id == incident), None)
    kept = [one for one in before.updates if one.notice != update.notice] if before else []
    told = PageIncident(id=incident, updates=(*kept, update)[-UPDATES:])
    others = [one for one in page.incidents if one.id != incident]
    return replace(
        page,
        updated=update.at,
        components=components or page.components,
        incidents=(told, *others)[:INCIDENTS],
    )
