"""The pieces of a bundle as data: one command each, and how it went. Pure."""

from __future__ import annotations

import shlex
from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct


class Piece(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A command of a bundle; see pieces.toml."""

    name: str
    argv: tuple[str, ...]
    sudo: bool = False
    keep: str = ""
    seconds: int = 5
    bytes: int = 65_536


class Gathered(Struct, frozen=True, kw_only=True):
    """How a piece went: `outcome` is ok, cut, failed, late, missing or not asked.

    `reason` says why. What failed may have printed something, too.
    """

    piece: Piece
    outcome: str
    reason: str = ""
    content: bytes = b""

    @property
    def is_held(self) -> bool:
        """Whether the bundle has it, or at least its beginning."""
        return bool(self.content) and self.outcome in {"ok", "cut", "late"}

    @property
    def line(self) -> str:
        """It in words."""
        return self.piece.name + (f": {self.reason}" if self.reason else "")


LATE = (124, 128 + 9)
"""timeout(1): the status of what it ended, and of what had to be killed."""

MISSING = 127
"""What a shell answers for a program that is not there (XCU 2.8.2)."""


@cache
def pieces() -> tuple[Piece, ...]:
    """What is asked of a host, in that order."""
    content = files("app.bundle").joinpath("pieces.toml").read_bytes()
    return msgspec.toml.decode(content, type=dict[str, tuple[Piece, ...]])["piece"]


def judge(piece: Piece, content: bytes, status: int, ran_as: str = "root") -> Gathered:
    """How `piece` went, by what it printed (one byte more than wanted: it is cut) and its status.

    What wants sudo and `ran_as` an ordinary user may show less: that is said.

    >>> judge(Piece(name="disks", argv=("df",)), b"df: /mnt: Stale file handle", 1).line
    'disks: exit status 1: df: /mnt: Stale file handle'
    """
    outcome, reason = "ok", ""
    if status == MISSING:
        outcome, reason = "missing", f"{piece.argv[0]} is not there"
    elif status in LATE:
        outcome, reason = "late", f"ended after {piece.seconds} s"
    elif len(content) > piece.bytes:
        outcome, reason = "cut", f"only its first {piece.bytes:,} bytes"
    elif status:
        last = content.strip().rpartition(b"\n")[2].decode(errors="replace")
        outcome, reason = "failed", f"exit status {status}" + (f": {last}" if last else "")
    elif piece.sudo and ran_as == "user":
        reason = "as an ordinary user, who may see less; mailmedic doctor has the mend"
    return Gathered(piece=piece, outcome=outcome, reason=reason, content=content[: piece.bytes])


def command_line(piece: Piece) -> str:
    """What is run, as it would be typed."""
    line = shlex.join(piece.argv) + (f" | {piece.keep}" if piece.keep else "")
    return f"(sudo) {line}" if piece.sudo else line
