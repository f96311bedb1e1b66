"""A watched file as it was seen, and all of them together: plain values."""

from __future__ import annotations

from msgspec import Struct

FILES_LIMIT = 5_000
"""Files watched of one host; a mail server has some hundred."""

SIZE_LIMIT = 1 << 20
"""Bytes of one file; what is larger is watched by its digest alone."""

DIGEST_LIMIT = 64 << 20
"""Bytes of one file; of what is larger only size and times are watched."""

TEXT_LIMIT = 16 << 20
"""Bytes of all texts kept of one host; what comes after is watched by its digest alone."""


class Copy(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file. Its `stamp` is equal only where size, times, inode and access are.

    `text` is there for texts that hold no secret, with secret values masked; `digest` is the
    SHA-256 of the content, or empty when it could not be read. `access` is mode and owner;
    `mtime` the time it was modified, in seconds since 1970. `secrets` are the files that this
    one calls secret.
    """

    stamp: str
    mtime: float
    access: str
    digest: str = ""
    text: str | None = None
    secrets: tuple[str, ...] = ()


class View(Struct, frozen=True, kw_only=True):
    """The watched files of a host, by label, as one look found them.

    `unreadable` are paths and why; `absent` the watched paths that are not there; `seal` is what
    tells an unchanged host at once, if the look has such a thing.
    """

    files: dict[str, Copy]
    unreadable: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    is_cut: bool = False
    seal: str = ""


def label(path: bytes) -> str:
    r"""The name of a path in views and baselines: text, and different for different paths.

    >>> label(b"/etc/a\xffb\\")
    '/etc/a\\xffb\\\\'
    """
    return path.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")
