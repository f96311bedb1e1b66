"""A program in a pty whose every byte is kept with its time; the emulator looks at it afterwards.

So the emulator (pure Python) takes no time from the program while it is measured.
"""

from __future__ import annotations

import os
import re
import select
import time
from collections.abc import Callable, Iterator, Sequence

import pyte

from tests.terminal import PRIVATE, Terminal

Seen = Callable[[pyte.Screen], bool]
"""Whether a screen shows what is waited for."""

ANSWERS = {
    b"\x1b[?2026$p": b"\x1b[?2026;2$y",
    b"\x1b[c": b"\x1b[?62;22c",
    b"\x1b[6n": b"\x1b[1;1R",
}
"""What a terminal answers to the questions that the programs ask of it."""


class Recorded(Terminal):
    """A terminal that records; `events` are times and bytes. Ends as a context."""

    def __init__(self, argv: Sequence[str], columns: int, lines: int, **env: str) -> None:
        self.events: list[tuple[float, bytes]] = []
        self.size = (columns, lines)
        self.began = time.monotonic()
        super().__init__(argv, columns, lines, **env)

    def __enter__(self) -> Recorded:
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.terminate()
        end = time.monotonic() + 3
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.05)
        self.close()

    def read(self, seconds: float) -> bool:
        """Keep what comes within `seconds`; whether anything came."""
        if not select.select([self.master], [], [], max(0.0, seconds))[0]:
            return False
        try:
            got = os.read(self.master, 1 << 16)
        except OSError:
            return False
        self.events.append((time.monotonic(), got))
        for question, answer in ANSWERS.items():
            if question in got:
                os.write(self.master, answer)
        return bool(got)

    def watch(self, seconds: float) -> int:
        """Read for so long; how many bytes came."""
        end, first = time.monotonic() + seconds, len(self.events)
        while (rest := end - time.monotonic()) > 0 and self.process.poll() is None:
            self.read(rest)
        return sum(len(got) for _, got in self.events[first:])

    def first(self, seen: Seen, since: float = 0.0) -> float | None:
        """When the screen first showed it, as far as it is recorded; None if it never did."""
        return next((at for at, screen in self.replay() if at >= since and seen(screen)), None)

    def replay(self) -> Iterator[tuple[float, pyte.Screen]]:
        """The screen after each piece of output."""
        screen = pyte.Screen(*self.size)
        stream = pyte.ByteStream(screen)
        pending = b""
        for at, got in self.events:
            pending += got
            # A sequence that is cut in two waits for its rest.
            cut = pending.rfind(b"\x1b")
            whole = len(pending) if cut < len(pending) - 40 else max(0, cut)
            if re.search(rb"[\x40-\x7e]", pending[whole + 2 :]):
                whole = len(pending)
            stream.feed(PRIVATE.sub(b"", pending[:whole]))
            pending = pending[whole:]
            yield at, screen


def shows(*texts: str) -> Seen:
    """Whether all of `texts` are on the screen."""

    def seen(screen: pyte.Screen) -> bool:
        rows = (screen.buffer[y] for y in range(screen.lines))
        text = "\n".join("".join(row[x].data for x in range(screen.columns)) for row in rows)
        return all(one in text for one in texts)

    return seen


def is_filled(screen: pyte.Screen) -> bool:
    """Whether every cell has been painted with a colour."""
    rows = (screen.buffer[y] for y in range(screen.lines))
    return all(row[x].bg != "default" for row in rows for x in range(screen.columns))
