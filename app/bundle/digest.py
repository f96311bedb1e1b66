"""Whether the evidence bundles that a log names are what they were when they were written down."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from app.incident.error import why
from app.incident.folder import summary
from app.incident.kinds import Bundled
from app.incident.place import CHUNK, SAFE


def check_bundles(folder: Path, incident: str) -> tuple[list[str], list[str]]:
    """A line on each bundle of `incident`: what is as it was, or not there; and what is altered."""
    fine, altered = [], []
    for entry in summary(folder, incident).entries:
        if not isinstance(entry.data, Bundled):
            continue
        file = entry.data.file
        if Path(file).name != file or file in {"", ".."}:  # the log is outside text too
            altered.append(f"BROKEN: {file} of entry {entry.n} is no name of a bundle")
            continue
        try:
            found = _digest(folder / file)
        except OSError as error:
            fine.append(f"{file} is not checked: {why(error)}")
            continue
        if found == entry.data.sha256:
            fine.append(f"{file} is as entry {entry.n} says")
        else:
            altered.append(f"BROKEN: {file} was altered: entry {entry.n} has another digest")
    return fine, altered


def _digest(path: Path) -> str:
    """The SHA-256 of the file. Raises OSError."""
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_RDONLY | SAFE), "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
