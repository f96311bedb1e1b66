"""Keeps the baseline of each host: one compressed JSON file, readable by its owner alone.

In a shared state folder the group may read it too: the folder's own access says so.
"""

from __future__ import annotations

import os
import tempfile
import zlib
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from checks import state_folder
from checks.drift._copy import TEXT_LIMIT, Copy
from checks.mask import mask

STORE_LIMIT = 8 * TEXT_LIMIT
"""Bytes, unpacked: the texts, each character escaped, and 5,000 entries."""


class BaselineError(Exception):
    """The baseline is there and cannot be read, or cannot be written; the text says why."""


class Baseline(Struct, frozen=True, kw_only=True):
    """The watched files of a host when they counted as good, and what was watched."""

    at: datetime
    watched: tuple[str, ...]
    files: dict[str, Copy]


def place(folder: str, host: str) -> Path:
    """The file for that host; `folder` is the state folder, the user's own when empty."""
    return state_folder.path_of(folder, "baselines") / f"{quote(host, safe='')}.json.z"


def stamp(path: Path) -> tuple[int, int] | None:
    """What differs when the file is another; None where there is none. Raises BaselineError."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise BaselineError(f"cannot be read: {error.strerror}") from error
    return status.st_ino, status.st_mtime_ns


def read(path: Path) -> Baseline | None:
    """The baseline at `path`; None when there is none yet. Raises BaselineError."""
    try:
        packed = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BaselineError(f"cannot be read: {error.strerror}") from error
    try:
        content = zlib.decompressobj().decompress(packed, STORE_LIMIT)
        return _masked(msgspec.json.decode(content, type=Baseline))
    except (zlib.error, msgspec.DecodeError, RecursionError) as error:
        raise BaselineError("is damaged") from error


def _masked(baseline: Baseline) -> Baseline:
    """With the secrets masked that an earlier version did not know: none shows in a diff."""
    files = {
        name: replace(copy, text=mask(copy.text)) if copy.text else copy
        for name, copy in baseline.files.items()
    }
    return replace(baseline, files=files)


def write(path: Path, baseline: Baseline) -> None:
    """Put `baseline` at `path`, all of it or nothing. Raises BaselineError."""
    packed = zlib.compress(msgspec.json.encode(baseline), 1)
    try:
        state_folder.make(path.parent)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # mode 0600
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123  a descriptor, not a path
                file.write(packed)
                os.fchmod(descriptor, 0o600 | path.parent.stat().st_mode & 0o040)
                file.flush()
                os.fsync(descriptor)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise BaselineError(f"cannot be written: {error.strerror}") from error
