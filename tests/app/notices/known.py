"""What notices of tests are filled from: the outage of `tests.app.incident.outage` as it went."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from app.incident.situation import situation
from app.notices.phases import suggested
from app.notices.placeholders import Known
from checks.board import Board
from checks.diagnosis.verdict import judge
from checks.model import State
from tests.app.incident.outage import OUTAGE
from tests.app.incident.stories import Said, at, entries
from tests.boards import board
from tests.widgets import scene

VIENNA = ZoneInfo("Europe/Vienna")

UP = board({"smtp/mail1:25": State.OK, "submission/mail1:587": State.OK})


def known(seconds: float, seen: Board | None = None, *more: Said, **rest: Any) -> Known:
    """What is known so many seconds after the onset."""
    said = [one for one in (*OUTAGE, *more) if one[0] <= seconds]
    now = situation("2026-11-23-01", entries(said))
    seen = seen or scene.outage()
    rest = {"phase": suggested(now), "next_at": at(seconds + 1200), "zone": VIENNA, **rest}
    return Known(now=now, board=seen, verdict=judge(seen), at=at(seconds), **rest)
