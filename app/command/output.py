"""What a command prints: beginning and end are kept, and of the whole its size and digest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from checks.text import redact, visible

HEAD, TAIL = 8 << 10, 16 << 10
"""Bytes kept of the beginning and of the end: what was asked for, and how it ended."""

LINE = 2000
"""Longest line shown, in characters."""


class Output:
    """Takes what comes; what is kept can be looked at from another thread meanwhile."""

    def __init__(self) -> None:
        self.size = 0
        self.lines = 0
        self._head = b""
        self._tail = b""
        self._digest = hashlib.sha256()

    def add(self, chunk: bytes) -> None:
        """Take the next piece."""
        self._digest.update(chunk)
        self.size += len(chunk)
        self.lines += chunk.count(b"\n")
        room = HEAD - len(self._head)
        if room > 0:
            self._head += chunk[:room]
            chunk = chunk[room:]
        self._tail = (self._tail + chunk)[-TAIL:]

    @property
    def sha256(self) -> str:
        """The digest of all that came, as it came."""
        return self._digest.hexdigest()

    def text(self) -> str:
        """What is kept, harmless and without secrets; it says how much is left out between."""
        head, tail, size = self._head, self._tail, self.size
        left_out = size - len(head) - len(tail)
        if left_out <= 0:
            return clean(head + tail)
        # A line that is cut in two could be the second half of a secret.
        cut, newline, rest = tail.partition(b"\n")
        if newline:
            tail, left_out = rest, left_out + len(cut) + 1
        return f"{clean(head)}\n… {left_out:,} bytes left out …\n{clean(tail)}"


class Lines:
    """Hands on what comes, line by line, harmless and without secrets."""

    def __init__(self, show: Callable[[str], object]) -> None:
        self._show = show
        self._begun = b""

    def add(self, chunk: bytes) -> None:
        """Take the next piece; a line that does not end is handed on in parts."""
        *whole, self._begun = (self._begun + chunk).split(b"\n")
        for line in whole:
            self._show(_clean_line(line))
        if len(self._begun) > LINE:
            self.flush()

    def flush(self) -> None:
        """Hand on the line that has not ended."""
        if self._begun:
            self._show(_clean_line(self._begun))
            self._begun = b""


def clean(output: bytes) -> str:
    """`output` line by line, harmless and without secrets."""
    lines = output.rstrip(b"\n").split(b"\n") if output else []
    return "\n".join(map(_clean_line, lines))


def _clean_line(line: bytes) -> str:
    return redact(visible(line, LINE))
