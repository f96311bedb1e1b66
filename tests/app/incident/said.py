"""Entries for tests, written as data."""

from __future__ import annotations

from datetime import timedelta

from app.incident import entry as make
from app.incident.entry import Entry
from app.incident.kinds import Data, Opened
from checks.when import iso
from tests.boards import ONSET


def said(data: Data, after: float = 60, who: str = "ana", text: str = "", *seen: str) -> Entry:
    """What `who` said so many seconds after the onset, with the evidence they had."""
    moment = {
        "at": iso(ONSET + timedelta(seconds=after)),
        "mono": int(after * 1e9),
        "boot": "this one",
        "operator": {"user": who},
    }
    return make.read({**make.new(data, text, seen), **moment})


OPENED = said(Opened(incident="2026-11-23-01", title="nobody can send", system="lab.test"))
"""A minute after the onset."""
