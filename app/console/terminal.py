"""The terminal: whether it can show the console, and how it is given back whatever happens.

Textual installs no handler for SIGHUP and SIGTERM, and its loop may be stuck on a line that nobody
reads; so leaving is tried twice: asked for, then done.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedWriter
from pathlib import Path
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


def encoding() -> str:
    """The terminal's, by the locale that we were started with (locale(7)).

    Not Python's own: in the C locale it speaks UTF-8 all the same, and sets LC_CTYPE to say so
    (PEP 538 and 540). Where no locale is named at all, we do as Python does.
    """
    environment = dict(os.environ)
    with suppress(OSError):
        pairs = Path("/proc/self/environ").read_bytes().split(b"\0")
        environment = dict(os.fsdecode(pair).partition("=")[::2] for pair in pairs)
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    if next(filter(None, names), "") in ("C", "POSIX"):
        return "ascii"
    return getattr(sys.__stderr__, "encoding", "")


def write_whole() -> None:
    """Let each write to the terminal be finished when a signal, such as SIGWINCH, cuts it short.

    With PYTHONUNBUFFERED, as containers set it, Python drops the rest: half a frame.
    """
    stream = sys.__stderr__
    if stream is not None and not isinstance(stream.buffer, BufferedWriter):
        whole = open(  # noqa: SIM115 - it stays open
            stream.fileno(), "w", encoding=stream.encoding, errors=stream.errors, closefd=False
        )
        vars(sys)["__stderr__"] = whole


@contextmanager
def given_back(
    leave: Callable[[signal.Signals], None], clean_up: Callable[[], None]
) -> Iterator[None]:
    """Leave the terminal as it was found, also on SIGHUP, SIGTERM and SIGINT.

    `leave` is told the signal and asks the app to end; it runs in a signal handler of the main
    thread. `clean_up` runs when the app did not end by itself, just before the process is ended.
    """
    before = termios.tcgetattr(sys.stdin.fileno())
    caught: list[int] = []

    def ask(number: int, _frame: FrameType | None) -> None:
        caught.append(number)
        signal.setitimer(signal.ITIMER_REAL, ASKED_WITHIN)
        leave(signal.Signals(number))

    def insist(_number: int, _frame: FrameType | None) -> None:
        clean_up()
        restore(before)
        os._exit(128 + caught[0])

    replaced = {number: signal.signal(number, ask) for number in SIGNALS}
    replaced[signal.SIGALRM] = signal.signal(signal.SIGALRM, insist)
    try:
        with _hang_up_noticed(sys.stdin.fileno()):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in replaced.items():
            signal.signal(number, handler)
        if caught:
            restore(before)


@contextmanager
def _hang_up_noticed(terminal: int) -> Iterator[None]:
    """SIGHUP when `terminal` is lost, also to a session that it does not control.

    ``su -c`` makes one such (su(1)): it would run on for ever, and nobody would see it.
    """
    ended, end = os.pipe()

    def watch() -> None:
        poll = select.poll()
        poll.register(terminal, 0)  # a hang-up is told of, whatever is asked for
        poll.register(ended, 0)
        if terminal in [descriptor for descriptor, _ in poll.poll()]:
            os.kill(os.getpid(), signal.SIGHUP)

    watcher = threading.Thread(target=watch, name="hang-up", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        os.close(end)
        watcher.join()
        os.close(ended)


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
