"""Brings scenes from the engine's thread to the screen, the newest only and not too often."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from app.engine import Scene

PAUSE = 0.1
"""Seconds that a scene waits for newer ones: checks of one host often turn together."""


class Feed:
    """Called with scenes in the engine's thread; calls `show` in the loop it was made on.

    Neither side waits for the other: while the screen is stuck, newer scenes replace older ones.
    """

    def __init__(self, show: Callable[[Scene], None]) -> None:
        self._show = show
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._latest: Scene | None = None

    def __call__(self, scene: Scene) -> None:
        """Take a scene; from any thread."""
        with self._lock:
            is_due = self._latest is None
            self._latest = scene
        if is_due and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._loop.call_later, PAUSE, self._deliver)

    def _deliver(self) -> None:
        with self._lock:
            scene, self._latest = self._latest, None
        if scene is not None:
            self._show(scene)
