"""Since when all is healthy without a break: told to the checks that take baselines by themselves.

An incident that is open is a break too: what was changed to mend it is not yet known to be good.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from checks import changed

if TYPE_CHECKING:
    from app.incident.situation import Situation
    from app.monitor import Job
    from checks.board import Board
    from checks.model import Verdict

BREAK = timedelta(minutes=5)
"""Between two boards: nobody has looked meanwhile, as where it slept or its clock jumped."""


class Streak:
    """Follows the boards; those of `jobs` that keep baselines are told."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._jobs = [job for job in jobs if job.kind in changed.KINDS]
        self._since: datetime | None = None
        self._seen: datetime | None = None

    def saw(self, board: Board, verdict: Verdict, situation: Situation | None) -> None:
        """Take a board, its verdict, and the incident that this session has joined."""
        is_whole = all(one.result is not None for one in board.standings.values())
        is_open = situation is not None and situation.is_open
        if self._seen is None or not timedelta(0) <= board.at - self._seen <= BREAK:
            self._since = None
        self._seen = board.at
        if verdict.verdict != "healthy" or not is_whole or is_open:
            self._since = None
        elif self._since is None:
            self._since = board.at
        for job in self._jobs:
            check: Any = job.check
            check.healthy(job.target, job.options, self._since, board.at)
