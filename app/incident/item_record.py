"""How an item of the SOP stands: apart from the log, which is loaded after the first picture."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class ItemRecord(Struct, frozen=True, kw_only=True):
    """An item of the SOP as the log has it. `was` is what undoing returns it to.

    `signed` names those who signed it off since it was open last, each once.
    """

    state: str = "open"
    was: str = "open"
    who: str = ""
    at: datetime | None = None
    reason: str = ""
    evidence: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()
