"""A program in a pty with a terminal emulator before it: what a person would see."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from pathlib import Path

import pyte

PRIVATE = re.compile(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p")
"""Sequences that pyte would draw as text."""


def _take_terminal() -> None:
    """Make the pty the child's controlling terminal: losing it then sends SIGHUP."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


LEAVE = b"\x1b[?1049l"
"""Back to the main screen. pyte has one screen only: what stood on the other goes."""

UNFINISHED = re.compile(rb"\x1b(\[[0-9;?<>=$]*|\][^\x07\x1b]*)?\Z")


class Terminal:
    """Runs `argv`; `screen` is what is shown, `raw` every byte that was sent."""

    def __init__(self, argv: Sequence[str], columns: int, lines: int, **env: str) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self._fed = 0
        self.master, slave = pty.openpty()
        self._poll = select.poll()  # select(2) takes no descriptor above 1023
        self._poll.register(self.master, select.POLLIN)
        self._set_size(columns, lines)
        # These say a size of their own, and pytest-xdist sets them.
        inherited = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            argv,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - nothing in it can deadlock
            cwd=Path(__file__).parents[1],
            env={**inherited, "TERM": "xterm-256color", "COLORTERM": "truecolor",
                 "LC_ALL": "C.UTF-8", "TEXTUAL_ANIMATIONS": "none", **env},
        )  # fmt: skip
        os.close(slave)

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def resize(self, columns: int, lines: int) -> None:
        """Change the size; what was shown is garbage then, as after a reflow."""
        self.screen.resize(lines, columns)
        self._stream.feed(b"\x1b[H" + b"\x1b[0m#" * (columns * lines))
        self._set_size(columns, lines)
        os.killpg(self.process.pid, signal.SIGWINCH)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.master, keys.encode())

    def read(self, seconds: float) -> bool:
        """Take what comes within `seconds`; whether anything came."""
        if not self._poll.poll(seconds * 1000):
            return False
        try:
            got = os.read(self.master, 1 << 16)
        except OSError:  # the child is gone
            return False
        if b"\x1b[?2026$p" in got:
            os.write(self.master, b"\x1b[?2026;2$y")
        self.raw += got
        pending = self.raw[self._fed :]
        # A sequence that is cut in two is kept for the next time.
        cut = len(pending)
        if UNFINISHED.search(pending):
            cut = pending.rfind(b"\x1b")
        fed = PRIVATE.sub(b"", pending[:cut])
        self._stream.feed(fed.replace(LEAVE, LEAVE + b"\x1b[0m\x1b[2J\x1b[H"))
        self._fed += cut
        return bool(got)

    def text(self) -> str:
        """The screen as text."""
        # Not Screen.display: it fails on half a wide character.
        rows = (self.screen.buffer[y] for y in range(self.screen.lines))
        return "\n".join(
            "".join(row[x].data for x in range(self.screen.columns)).rstrip() for row in rows
        )

    def wait_for(self, text: str, seconds: float = 15.0) -> None:
        """Read until `text` is shown; AssertionError when it is not in time."""
        end = time.monotonic() + seconds
        while text not in self.text():
            self.read(0.05)
            assert time.monotonic() < end, f"{text!r} is not shown:\n{self.text()}"

    def wait_for_match(self, pattern: str, seconds: float = 15.0) -> None:
        """The same for a regular expression."""
        end = time.monotonic() + seconds
        while not re.search(pattern, self.text()):
            self.read(0.05)
            assert time.monotonic() < end, f"{pattern!r} is not shown:\n{self.text()}"

    def close(self) -> None:
        """End the program."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
