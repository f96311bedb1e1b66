"""Brings scenes from the engine's thread to the screen, the newest only and not too often."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from app.engine import Scene

PAUSE = 0.1
"""Seconds that a scene waits for newer ones: checks of one host often turn together."""

SLOW_PAUSE = 5.0
"""Seconds between two scenes over a slow line, while nothing turns and nobody writes."""


class Feed:
    """Called with scenes in the engine's thread; calls `show` in the loop it was made on.

    Neither side waits for the other: while the screen is stuck, newer scenes replace older ones.
    """

    def __init__(self, show: Callable[[Scene], None]) -> None:
        self._show = show
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._latest: Scene | None = None
        self._shown: Scene | None = None
        self._shown_at = 0.0
        self.is_slow = False

    def __call__(self, scene: Scene) -> None:
        """Take a scene; from any thread."""
        with self._lock:
            is_due = self._latest is None
            self._latest = scene
        if is_due and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._loop.call_later, PAUSE, self._deliver)

    def _deliver(self) -> None:
        with self._lock:
            scene = self._latest
            if scene is not None and self._can_wait(scene):
                self._loop.call_later(PAUSE, self._deliver)
                return
            self._latest = None
        if scene is not None:
            self._shown, self._shown_at = scene, self._loop.time()
            self._show(scene)

    def _can_wait(self, scene: Scene) -> bool:
        """Whether a slow line is spared it for now."""
        if not self.is_slow or self._shown is None:
            return False
        if self._loop.time() - self._shown_at >= SLOW_PAUSE:
            return False
        before = self._shown
        return (scene.board.turns, scene.verdict.verdict, scene.situation) == (
            before.board.turns,
            before.verdict.verdict,
            before.situation,
        )
