"""A canary's login, and the care that is taken of its account.

A password that was refused is not tried again for a while, by no trip and no console that shares
the state folder: several canaries' trips in a minute would have the account locked, or us banned
(fail2ban: 5 failures in 10 minutes). A newer secret file is tried at once.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from checks.model import State
from checks.protocol._judged import Judged
from checks.protocol._stopped import Refused
from checks.secret import Credentials, Secret
from checks.text import visible
from checks.when import span

PAUSE = 300.0
"""Seconds between two tries of a password that was refused; by both services 4 in 10 minutes."""

PATIENCE = 3.0
"""Longest that one trip waits for another's login: failures are often answered 2 s late."""

POLL = 0.05


class Login:
    """`credentials`, to be sent within a `turn` alone.

    Refusals are noted at `mark`, for submission and IMAP apart: they may not agree.
    """

    def __init__(self, credentials: Credentials, secret: Secret, mark: Path) -> None:
        self.credentials = credentials
        self._secret = secret
        self._mark = mark

    @asynccontextmanager
    async def turn(self, code: str) -> AsyncIterator[None]:
        """While nobody else tries this password. Raises Refused, with `code`, if it is too soon.

        A Refused with that code from within is noted.
        """
        mark = self._mark.with_suffix(f".{code}")
        descriptor = await _lock(mark.with_suffix(".lock"))
        try:
            if self._is_refused(mark):
                raise _too_soon(code, mark)
            try:
                yield
            except Refused as refusal:
                if refusal.judged.code == code:
                    mark.write_text(refusal.judged.text)
                raise
            mark.unlink(missing_ok=True)
        finally:
            os.close(descriptor)

    def _is_refused(self, mark: Path) -> bool:
        """Whether this very password was refused a short while ago."""
        try:
            at = mark.stat().st_mtime
        except FileNotFoundError:
            return False
        with suppress(OSError):
            if self._secret.file and Path(self._secret.file).stat().st_mtime > at:
                return False
        return abs(time.time() - at) < PAUSE


def _too_soon(code: str, mark: Path) -> Refused:
    """What was answered then. Asked again so soon, the server would lock the account."""
    text = f"{visible(mark.read_bytes())} (not tried again before {span(PAUSE)} are over)"
    return Refused(Judged(State.CRITICAL, code, text))


async def _lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
    for _ in range(round(PATIENCE / POLL)):
        if _try_lock(descriptor):
            break
        await asyncio.sleep(POLL)
    return descriptor


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
