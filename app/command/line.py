"""A command line as it is typed: its words, and what has to be said of them. Pure."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise

from checks.text import redact

NO_SHELL = "no shell reads this line; sh -c '…' gets one"

_MEANT_FOR_A_SHELL = re.compile(r"[|&;<>`*?~]|\$[\w({]")


def parse(line: str) -> tuple[str, ...]:
    """The words of `line`, quoted as for a shell. Raises ValueError.

    >>> parse("postconf -e 'myhostname = mx'")
    ('postconf', '-e', 'myhostname = mx')
    """
    try:
        words = tuple(shlex.split(line))
    except ValueError as error:
        reason = "a quote is not closed" if "quotation" in str(error) else str(error).lower()
        raise ValueError(reason) from error
    if not words or not words[0]:
        raise ValueError("no command yet")
    return words


def remarks(words: Sequence[str]) -> list[str]:
    """What the one who runs it should know."""
    found = []
    plain = [word for word in words[1:] if _MEANT_FOR_A_SHELL.search(word)]
    if plain and not _is_for_a_shell(words):
        found.append(f"{shlex.join(plain)} reaches it as plain text: {NO_SHELL}")
    if redact(shlex.join(words)) != shlex.join(words):
        found.append(
            "it holds a secret, which whoever may run ps there can read; masked in the log"
        )
    return found


def _is_for_a_shell(words: Sequence[str]) -> bool:
    return any(a.rpartition("/")[2] in _SHELLS and b == "-c" for a, b in pairwise(words))


_SHELLS = {"sh", "bash", "dash", "ksh", "zsh", "ash"}


def is_grave(words: Sequence[str]) -> bool:
    """Whether it looks as if it could destroy or stop something.

    >>> [is_grave(parse(line)) for line in ("postqueue -p", "sudo /bin/rm x", "sh -c 'a; rm x'")]
    [False, True, True]
    """
    found, table = _names_in(words), _table()
    beginnings = tuple(table["beginnings"])
    return (
        not found.isdisjoint(table["words"])
        or is_restart(words)
        or any(name.startswith(beginnings) for name in found)
    )


def is_restart(words: Sequence[str]) -> bool:
    """Whether it looks as if it ended processes, and the evidence with them.

    >>> [is_restart(parse(line)) for line in ("postfix reload", "sh -c 'systemctl restart x'")]
    [False, True]
    """
    return not _names_in(words).isdisjoint(_table()["restarts"])


def _names_in(words: Sequence[str]) -> set[str]:
    return {name.rpartition("/")[2] for word in words for name in re.findall(r"[\w./-]+", word)}


@cache
def _table() -> dict[str, list[str]]:
    return tomllib.loads(files("app.command").joinpath("grave.toml").read_text("utf-8"))
