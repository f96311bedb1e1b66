r"""The lines of a host's logs from a time on: all counted by shape, the latest of them kept.

>>> gathering = Gathering(datetime.fromisoformat("2026-11-24T00:00:00Z"))
>>> gathering.take("zone +0000\nnow 1795546947\nsource /var/log/mail.log")
>>> gathering.take("| 2026-11-24T19:00:10+00:00 a postfix/smtpd[9]: timeout after EHLO from a[::1]")
>>> gathering.take("| 2026-11-24T19:00:12+00:00 a postfix/smtpd[9]: timeout after EHLO from b[::2]")
>>> [(one.count, one.text) for one in gathering.excerpt().shapes]
[(2, 'timeout after EHLO from …')]
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from sys import getsizeof

from msgspec import Struct

from checks.facts import LogShape
from checks.log_line import Line
from checks.server._log_answer import Printed, read
from checks.server._log_lines import LINE_LIMIT, Stamps, family
from checks.server._log_patterns import find
from checks.server._log_shapes import shape
from checks.text import redact, visible

KEPT = 100_000
"""Lines kept of each log of a host, and of all in the end: more than anybody reads."""

KEPT_BYTES = 96 << 20
"""Memory of all lines that are kept. 100,000 usual ones are 20 MB; a stranger's may be long, and of
four bytes a character for the sake of one emoji."""

SHAPES = 2_000
"""Shapes told apart; of more, as from a log that is no mail log, the rest is counted together."""

OTHERS = "… other messages"


class Excerpt(Struct, frozen=True, kw_only=True):
    """What was read: `lines` in the order of time, of `total`; `shapes` are of all of them.

    `growing` are the files that are written to, and where they ended (inode:size:path); `now` is
    that host's time then. `denied` may not be read; `cut` says what was left out, `trouble` why
    there is not more, `mend` what would change that.
    """

    lines: tuple[Line, ...] = ()
    shapes: tuple[LogShape, ...] = ()
    total: int = 0
    sources: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    growing: tuple[str, ...] = ()
    now: datetime | None = None
    cut: str = ""
    trouble: str = ""
    mend: str = ""


class _Group(Struct):
    """Lines that are alike, of one log: its first and last, as they came."""

    count: int
    first: str
    last: str


SOURCES = 50
"""Logs of a host that are told apart: more than there are, and the host names them."""


class Gathering:
    """Takes what `SEARCH` prints, piece by piece. Lines of a log come in their order of time.

    Times are worked out for what is shown alone: for all lines it took as long as the rest.
    """

    def __init__(self, since: datetime, *, from_start: bool = False) -> None:
        """`from_start` keeps the first lines instead of the latest."""
        self.total = 0
        self._since = since
        self._from_start = from_start
        self._printed = Printed()
        self._groups: dict[tuple[str, str, str], _Group] = {}
        self._kept: dict[str, deque[str]] = {}
        self._has_more_sources = False
        self._size = 0
        self._is_full = False

    def take(self, text: str) -> None:
        """Add whole lines of the answer."""
        self._printed.take(text)
        raws, self._printed.raws = self._printed.raws, []
        reader = self._printed.stamps
        if reader is not None:
            for source, raw in raws:
                self._take(reader, source, harmless(raw))
        if self._from_start:
            self._is_full = self._size > KEPT_BYTES
        elif self._size > 2 * KEPT_BYTES:
            self._shorten()

    def _shorten(self) -> None:
        """Keep no more than `KEPT_BYTES`: of the largest log the oldest lines go first."""
        sizes = {source: sum(map(getsizeof, kept)) for source, kept in self._kept.items()}
        self._size = sum(sizes.values())
        while self._size > KEPT_BYTES:
            largest = max(sizes, key=lambda source: sizes[source])
            gone = getsizeof(self._kept[largest].popleft())
            sizes[largest] -= gone
            self._size -= gone

    def _take(self, reader: Stamps, source: str, raw: str) -> None:
        kept = self._kept.get(source)
        if kept is None:
            if len(self._kept) >= SOURCES:
                self._has_more_sources = True
                return
            # A file is found to begin at most a block before the time wanted.
            line = read(reader, source, raw)
            if line is None or line.at < self._since:
                return
            kept = self._kept[source] = deque(maxlen=KEPT)
        program, text = _parts(reader, source, raw)
        if not program:
            return
        self.total += 1
        if not self._from_start or (len(kept) < KEPT and not self._is_full):
            kept.append(raw)
            self._size += getsizeof(raw)
        key = (source, program, shape(text))
        group = self._groups.get(key)
        if group is None and len(self._groups) >= SHAPES:
            key = (source, "", OTHERS)
            group = self._groups.get(key)
        if group is None:
            self._groups[key] = _Group(1, raw, raw)
        else:
            group.count += 1
            group.last = raw

    def excerpt(self) -> Excerpt:
        """All of it, once."""
        printed, reader = self._printed, self._printed.stamps
        if reader is None:
            return Excerpt(trouble="gave no answer about its logs")
        lines = self._lines(reader)
        return Excerpt(
            lines=tuple(lines),
            shapes=tuple(self._shapes(reader)),
            total=self.total,
            sources=printed.all("source"),
            denied=printed.all("denied"),
            growing=tuple(
                ":".join(one.split(" ", 2)) for one in printed.all("growing") if _PLACE.match(one)
            ),
            now=reader.now,
            cut=self._cut(len(lines)),
        )

    def _cut(self, kept: int) -> str:
        parts = [] if self._printed.is_whole else ["it was not read to its end"]
        if self._has_more_sources:
            parts.append(f"of more than {SOURCES} files the first were read")
        if self._from_start and (kept == KEPT or kept < self.total):
            parts.append(f"the first {kept:,} lines from then on")
        elif kept < self.total:
            parts.append(f"the latest {kept:,} of {self.total:,} lines; shapes count all")
        return "; ".join(parts)

    def _lines(self, reader: Stamps) -> list[Line]:
        logs = [
            [line for raw in _emptied(kept) if (line := read(reader, source, raw))]
            for source, kept in self._kept.items()
        ]
        ordered = sorted((line for log in logs for line in log), key=_time)
        return ordered[:KEPT] if self._from_start else ordered[-KEPT:]

    def _shapes(self, reader: Stamps) -> list[LogShape]:
        found: dict[tuple[str, str], LogShape] = {}
        for (source, program, text), group in self._groups.items():
            first = read(reader, source, group.first)
            last = read(reader, source, group.last)
            if first and last:
                one = _shape(program, text, group.count, first, last)
                before = found.get((program, text))
                found[program, text] = together(before, one) if before else one
        return list(found.values())


def _emptied(kept: deque[str]) -> Iterator[str]:
    """Each of them, gone when the next one is asked for: they are never all there twice."""
    while kept:
        yield kept.popleft()


def harmless(raw: str) -> str:
    """The line as it may be shown; secrets are masked where it is."""
    return raw[:LINE_LIMIT] if raw.isprintable() else visible(raw, LINE_LIMIT)


_PLACE = re.compile(r"\d{1,18} \d{1,18} /", re.ASCII)
"""Inode, size and path of a file."""

_HEAD = re.compile(
    r"(?:[A-Z][a-z]{2} [ \d]\d \S{8}|\d{4}-\d\d-\d\d[T ]\S{8,22}|\d{9,11}\.\d{6})"
    r" \S{1,255} ([^\s\[:]{1,64})(?:\[\d{1,10}\])?: ",
    re.ASCII,
)
"""What syslog puts before a message, of which the program counts."""


def _parts(reader: Stamps, source: str, raw: str) -> tuple[str, str]:
    """Program and message; empty where it is no line of a log."""
    if found := _HEAD.match(raw):
        return found[1], raw[found.end() :]
    line = read(reader, source, raw)
    return (line.program, line.text) if line else ("", "")


def shape_of(line: Line) -> tuple[str, str]:
    """What tells its shape apart."""
    return line.program, redact(shape(line.text))


def _time(line: Line) -> datetime:
    return line.at


def _shape(program: str, text: str, count: int, first: Line, last: Line) -> LogShape:
    known = find(family(last.program), last.text)
    return LogShape(
        program=visible(program, 64),
        text=redact(text),
        count=count,
        first=first.at,
        last=last.at,
        code=known[0].code if known else "",
        example=redact(last.text),
    )


def together(one: LogShape, other: LogShape) -> LogShape:
    """Both counted as one."""
    latest = max(one, other, key=lambda shape: shape.last)
    return LogShape(
        program=one.program,
        text=one.text,
        count=one.count + other.count,
        first=min(one.first, other.first),
        last=latest.last,
        code=latest.code,
        example=latest.example,
    )


def in_order(shapes: Iterable[LogShape], onset: datetime | None) -> list[LogShape]:
    """What is new since the onset first, in the order in which it began; the rest by number."""
    new = [one for one in shapes if onset is not None and one.first >= onset]
    old = [one for one in shapes if onset is None or one.first < onset]
    return sorted(new, key=lambda one: one.first) + sorted(old, key=lambda one: -one.count)
