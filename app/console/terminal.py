"""The terminal: whether it can show the console, and how it is given back whatever happens.

Textual installs no handler for SIGHUP and SIGTERM, and its loop may be stuck on a line that nobody
reads; so leaving is tried twice: asked for, then done.
"""

from __future__ import annotations

import os
import signal
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

SMALLEST = (60, 15)

ASKED_WITHIN = 0.8
"""Seconds that the app gets to leave by itself; then we leave without it. In all, below 2."""

RESTORE = (
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l"  # mouse
    b"\x1b[?1004l\x1b[?2004l\x1b[?2048l\x1b[<u"  # focus, paste, in-band resize, kitty keys
    b"\x1b[?2026l\x1b[?25h\x1b[0m\x1b[?1049l"  # synchronised output, cursor, colours, main screen
)

SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)


def unfit() -> str:
    """Why the console can't be shown here; empty when it can."""
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        return "not a terminal"
    term = os.environ.get("TERM", "")
    if term in ("", "dumb", "unknown"):
        return f"TERM={term or '(unset)'} can't show a screen"
    try:
        size = os.get_terminal_size()
    except OSError:
        return "a terminal without a size"
    if size.columns < SMALLEST[0] or size.lines < SMALLEST[1]:
        smallest = "×".join(map(str, SMALLEST))
        return f"{size.columns}×{size.lines} is smaller than {smallest}"
    return ""


@contextmanager
def given_back(leave: Callable[[], None], clean_up: Callable[[], None]) -> Iterator[None]:
    """Leave the terminal as it was found, also on SIGHUP, SIGTERM and SIGINT.

    `leave` asks the app to end; it runs in a signal handler of the main thread. `clean_up` runs
    when the app did not end by itself, just before the process is ended.
    """
    before = termios.tcgetattr(sys.stdin.fileno())
    caught: list[int] = []

    def ask(number: int, _frame: FrameType | None) -> None:
        caught.append(number)
        signal.setitimer(signal.ITIMER_REAL, ASKED_WITHIN)
        leave()

    def insist(_number: int, _frame: FrameType | None) -> None:
        clean_up()
        restore(before)
        os._exit(128 + caught[0])

    replaced = {number: signal.signal(number, ask) for number in SIGNALS}
    replaced[signal.SIGALRM] = signal.signal(signal.SIGALRM, insist)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in replaced.items():
            signal.signal(number, handler)
        if caught:
            restore(before)


def restore(attributes: list[object]) -> None:
    """Put the terminal back; never waits for a line that nobody reads."""
    descriptor = sys.__stderr__.fileno() if sys.__stderr__ else 2
    with suppress(OSError, termios.error):
        os.set_blocking(descriptor, False)
        os.write(descriptor, RESTORE)
    with suppress(OSError, termios.error):
        termios.tcsetattr(descriptor, termios.TCSANOW, attributes)  # type: ignore[arg-type]
    with suppress(OSError):
        os.set_blocking(descriptor, True)
