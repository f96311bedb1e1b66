"""Continued after a stop that nobody told us of: ``kill -STOP``, a debugger, a frozen container.

Textual takes every SIGCONT for the end of a suspension of its own. It then starts its driver a
second time, and takes the raw line for the one to restore: the shell is left without echo.
"""

from __future__ import annotations

import asyncio
import signal
from types import FrameType
from typing import Any

from app.console.paint import DifferingCells


def mind_stops(app: DifferingCells) -> None:
    """Repaint after such a stop; after a suspension of Textual's (SIGTSTP), let it resume."""
    driver: Any = app._driver  # noqa: SLF001 - there is no other way to it
    resume = signal.getsignal(signal.SIGCONT)
    if app.is_headless or not callable(resume):
        return
    loop = asyncio.get_running_loop()

    def on_continue(number: int, frame: FrameType | None) -> None:
        if driver._must_signal_resume:  # noqa: SLF001
            resume(number, frame)
        else:
            loop.call_soon_threadsafe(app.repaint)

    signal.signal(signal.SIGCONT, on_continue)
