"""The logs of one host on demand, and what is added to them: for the console's screen."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.choose import login_of
from app.problem import Problem
from checks.log_line import Line
from checks.maillog.excerpt import Excerpt, Gathering
from checks.maillog.reading import excerpt, follow, sounds_bad
from checks.text import visible

if TYPE_CHECKING:
    from app.config import Config

DEADLINE = 60.0
"""Seconds that a host gets to look through its logs: somebody waits for it, and can leave."""

BEFORE = timedelta(hours=1)
"""How long before the onset the reading begins: what was said by then is not new."""

UNSEEN = 20_000
"""Lines that wait for the screen; when it is stuck for longer, the first are left out, and told."""


class Look:
    """One reading of a host's log; `lines` tells how far it is."""

    def __init__(self, host: str, since: datetime, *, is_all: bool, from_start: bool) -> None:
        """Those that sound like trouble or all; the latest, or from their start."""
        self.since = since
        self.is_all = is_all
        self.from_start = from_start
        self._host = host
        self._gathering = Gathering(since, from_start=from_start)

    @property
    def lines(self) -> int:
        """The lines that have come so far."""
        return self._gathering.total

    async def run(self, config: Config) -> Excerpt:
        """Read. Raises Problem where the host has no login."""
        options: Any = config.options("logs")
        return await excerpt(
            login_of(config.system.hosts, self._host),
            self._gathering,
            self.since,
            files=options.files,
            is_all=self.is_all,
            from_start=self.from_start,
            deadline=DEADLINE,
        )


class Tail:
    """What is added to a host's log from now on, handed from the engine's loop to the screen's."""

    def __init__(self, *, is_all: bool) -> None:
        """All lines, or those that sound like trouble."""
        self.ended = ""
        """Why it ended; empty while it goes on."""
        self._is_all = is_all
        self._lock = threading.Lock()
        self._new: list[Line] = []
        self._lost = 0

    async def run(self, config: Config, host: str, found: Excerpt) -> None:
        """Follow it from where `found` ended, until it is cancelled."""
        ended = "it ended"
        try:
            ended = await follow(login_of(config.system.hosts, host), found, self._take)
        except Problem as problem:
            ended = str(problem)
        finally:
            self.ended = ended

    def _take(self, lines: Sequence[Line]) -> None:
        wanted = [one for one in lines if self._is_all or sounds_bad(f"{one.program}: {one.text}")]
        with self._lock:
            self._new += wanted
            over = max(0, len(self._new) - UNSEEN)
            del self._new[:over]
            self._lost += over

    def drain(self) -> tuple[list[Line], int]:
        """What is new, and how many lines were left out before it."""
        with self._lock:
            taken, self._new = (self._new, self._lost), []
            self._lost = 0
            return taken


def missing(found: Excerpt) -> str:
    """What could not be read or kept, and the mend."""
    parts = [f"may not read {one}" for one in found.denied]
    parts += [f"mend: {found.mend}"] if found.mend else []
    return "; ".join(filter(None, [*parts, found.trouble, found.cut]))


_AGO = re.compile(r"(\d{1,4}) ?([smhd])")
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?Z?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def moment(text: str, now: datetime) -> datetime:
    """The time that somebody means: ``30m`` ago, the last ``03:10`` in UTC, or an ISO time.

    Raises Problem.
    """
    text = text.strip()
    if found := _AGO.fullmatch(text.removeprefix("-")):
        return now - timedelta(**{_UNITS[found[2]]: int(found[1])})
    try:
        if found := _CLOCK.fullmatch(text):
            hour, minute, second = (int(one or 0) for one in found.groups())
            at = now.replace(hour=hour, minute=minute, second=second, microsecond=0)
            return at if at <= now else at - timedelta(days=1)
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Problem(f"{visible(text, 40)!r} is no time; 03:10 (UTC) or 30m (ago) is") from error
    return at if at.tzinfo else at.replace(tzinfo=now.tzinfo)


_QUEUE_ID = re.compile(
    r"(?:^|\bqueue-id: <|\bqueued as )"
    r"((?=[A-Za-z]*\d)[0-9A-Za-z]{5,20}"  # Postfix
    r"|[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4})"  # Exim
    r"(?=[: >)])"
)


def queue_id(text: str) -> str:
    """The queue id that a message begins with or names; empty where there is none.

    >>> queue_id("613AC53: to=<eva@lab.test>, status=sent"), queue_id("connect from a[192.0.2.1]")
    ('613AC53', '')
    """
    found = _QUEUE_ID.search(text)
    return found[1] if found else ""
