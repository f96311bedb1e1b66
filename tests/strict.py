"""What a terminal may be sent: a parser that knows the console's own sequences and nothing else."""

from __future__ import annotations

import re

from widgets.text import UNSAFE

OURS = re.compile(
    rb"\x1b\[[0-9;]*m"  # colours
    rb"|\x1b\[[0-9]+;[0-9]+H"  # the pen's place
    rb"|\x1b\[\?(?:7|25|1004|1049|2004|2026|2048)[hl]"  # wrap, cursor, focus, screen, paste, sync
    rb"|\x1b\[\?(?:2026|2048)\$p"  # asks whether the terminal knows that
    rb"|\x1b\[>[0-9]+u|\x1b\[<u"  # keys
)

CLIPBOARD = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")
"""What ``y`` sends, and nothing else does."""


def foreign(raw: bytes) -> list[str]:
    """Whatever in `raw` is neither harmless text nor a sequence of ours, each with what follows.

    The end of `raw` may be in the middle of a sequence or of a character.
    """
    rest = OURS.sub(b"", raw)
    text = rest.decode("utf-8", "surrogateescape")
    found = [text[one.start() : one.start() + 40] for one in UNSAFE.finditer(text)]
    if found and len(found[-1]) < 12 and OURS.match(found[-1].encode("utf-8", "replace") + b"0m"):
        found.pop()
    return found


def harmless(text: str) -> bool:
    """Whether nothing in it steers a terminal; lines may end."""
    return UNSAFE.search(text.replace("\n", "")) is None
