"""The messages that are known: which program says it, what it means, and whom it names.

They are data: ``patterns/PROGRAM.toml``, each with a real line. `state` is what several of them
within minutes mean (`least` of them; one line is no verdict), ok where it tells something and
accuses nobody. Named groups of a `regex` say whom it hits: user, domain, host, queue_id, sender.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from msgspec import Struct, convert

from checks.model import State

FOLDER = Path(__file__).with_name("patterns")

_STATES = {"ok": State.OK, "warning": State.WARNING, "critical": State.CRITICAL}


class Pattern(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A known message.

    `is_lost` says that mail was given up: bounced, expired or thrown away; `is_over_by_login` that
    a later login of the same user by the same service ends it.
    """

    code: str
    meaning: str
    regex: str
    example: str
    origin: str
    state: str = "ok"
    least: int = 1
    is_lost: bool = False
    is_over_by_login: bool = False

    @property
    def means(self) -> State:
        """The state that enough of them mean."""
        return _STATES[self.state]


class Known(Struct, frozen=True):
    """A pattern ready to be tried."""

    pattern: Pattern
    compiled: re.Pattern[str]


class _File(Struct, forbid_unknown_fields=True):
    """A file of patterns, and the programs that say them (see `_log_lines.family`)."""

    programs: tuple[str, ...]
    pattern: tuple[Pattern, ...]


@cache
def known() -> dict[str, tuple[Known, ...]]:
    """The patterns of each program, in the order in which they are tried: the first one counts."""
    by_program: dict[str, tuple[Known, ...]] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        file = convert(tomllib.loads(path.read_text(encoding="utf-8")), _File)
        own = tuple(Known(one, re.compile(one.regex)) for one in file.pattern)
        for program in file.programs:
            by_program[program] = (*by_program.get(program, ()), *own)
    return by_program


def patterns() -> list[Pattern]:
    """All of them, each once."""
    return list({one.pattern.code: one.pattern for own in known().values() for one in own}.values())


def find(program: str, text: str) -> tuple[Pattern, dict[str, str]] | None:
    """The pattern that a message has, and what it names."""
    for one in known().get(program, ()):
        if found := one.compiled.search(text):
            return one.pattern, {k: v for k, v in found.groupdict().items() if v}
    return None
