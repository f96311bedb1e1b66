"""The text of a TOML file of an operator's: read within bounds, parsed, the line of each key."""

from __future__ import annotations

import os
import re
import shlex
import stat
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from app.config.lines import Where, lines_of
from checks.text import visible

SIZE_LIMIT = 1 << 20
"""Bytes; a config of a hundred hosts has 30 kB. What is larger is not a config."""

LINE_LIMIT = 10_000
"""Characters; tomllib takes quadratic time over a dotted key."""

PROBLEMS_SHOWN = 20


class ConfigError(Exception):
    """The config cannot be used. `problems` are lines of text; str() has one to a line."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        shown = list(self.problems[:PROBLEMS_SHOWN])
        if len(self.problems) > PROBLEMS_SHOWN:
            shown.append(f"and {len(self.problems) - PROBLEMS_SHOWN} more")
        super().__init__("\n".join(shown))


class FileKind(NamedTuple):
    """What such a file is called, what an empty one lacks, and who may write it.

    One `is_guarded` is refused when anybody may write it.
    """

    noun: str
    lacks: str
    is_guarded: bool = False


CONFIG = FileKind("a config", "`mailmedic init DOMAIN` writes a config")


class Source:
    """A file that is TOML: its `document`, and the lines that its keys stand on."""

    def __init__(self, path: Path, kind: FileKind = CONFIG) -> None:
        self.path = path
        self._text = text_of(path, kind)
        self.document = _parse(path, self._text)

    @cached_property
    def _lines(self) -> dict[Where, int]:
        return lines_of(self._text)

    def line(self, where: Where) -> int:
        """The line of what stands at `where`, or of the nearest thing around it."""
        while where and where not in self._lines:
            where = where[:-1]
        return self._lines.get(where, 1)


def _refuse(path: Path, reason: str, line: int = 0) -> ConfigError:
    return ConfigError([f"{visible(str(path))}{f':{line}' if line else ''}: {reason}"])


def text_of(path: Path, kind: FileKind) -> str:
    """The text of such a file, within bounds. Raises ConfigError."""
    try:
        content = _read(path, kind)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else None
        raise _refuse(path, f"cannot be read: {reason or visible(str(error))}") from None
    if content is None:
        raise _refuse(path, "is not a file")
    if len(content) > SIZE_LIMIT:
        raise _refuse(path, f"is larger than {SIZE_LIMIT >> 20} MiB: that is not {kind.noun}")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _refuse(path, "is UTF-16: save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refuse(path, "is not UTF-8 text", line) from None
    if not text.strip():
        raise _refuse(path, f"is empty; {kind.lacks}")
    return text.replace("\r\n", "\n")


def _read(path: Path, kind: FileKind) -> bytes | None:
    """The content, a byte more than the limit at most; None for what is no regular file."""
    # O_NONBLOCK: opening a FIFO waits for a writer otherwise
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123  a descriptor, not a path
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            return None
        if kind.is_guarded and mode & stat.S_IWOTH:
            raise _refuse(
                path, f"anybody may write it: chmod o-w {visible(shlex.quote(str(path)))}"
            )
        return file.read(SIZE_LIMIT + 1)


_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def _parse(path: Path, text: str) -> dict[str, Any]:
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LINE_LIMIT:
            raise _refuse(path, f"is longer than {LINE_LIMIT:,} characters", number)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _refuse(path, "is nested too deeply") from None
    except ValueError as error:  # also for an integer of more than 4,300 digits
        at = _AT.search(str(error))
        last = text.rstrip("\n").count("\n") + 1
        reason = _AT.sub("", str(error))
        if reason == "Cannot overwrite a value":
            reason = "this key is there already"
        if reason.startswith("Exceeds the limit"):  # python's own words explain python
            reason = "a whole number is too long"
        raise _refuse(
            path, f"not TOML: {visible(reason, 200)}", int(at[1] or last) if at else 0
        ) from None
